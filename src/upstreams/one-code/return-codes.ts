/** Every return code (README.md 5) with what it means at the counter. */
import type { Handling } from '../../payment/one-code.ts'

export interface ReturnCode {
  readonly text: string
  readonly handling: Handling
}

const as = (handling: Handling, text: string): ReturnCode => ({ text, handling })

export const RETURN_CODES: Readonly<Record<string, ReturnCode>> = {
  '-1': as('ask-again', '未知异常'),
  '-2': as('configuration', '请求参数异常'),
  '-3': as('ask-again', '服务端请求超时'),
  '-4': as('configuration', '权限校验异常'),
  '-5': as('configuration', '无效的请求地址'),
  '-6': as('back-off', '触发限流'),
  '500001': as('rescan', '该电子凭证不存在'),
  '500002': as('ask-patient', '该电子凭证未激活'),
  '500003': as('ask-patient', '该用户在该应用渠道未授权'),
  '500008': as('rescan', '非法授权码'),
  '500012': as('other-payment', '该应用渠道不存在'),
  '500014': as('configuration', '非法经办流水号'),
  '500033': as('ask-again', '请求国家电子凭证出错'),
  '500042': as('ask-patient', '电子凭证密码未设置'),
  '500050': as('window', '用户身份信息为空，查询人员基础 Id 失败'),
  '500054': as('window', '参保地为空'),
  '500057': as('check-identity', '用户身份信息校验不通过'),
  '500058': as('check-identity', '人员信息错误'),
  '500084': as('back-off', '请求过于频繁，请稍后再试'),
  '500093': as('configuration', '渠道入参异常'),
  '500100': as('configuration', '无接口权限'),
  '500208': as('ask-patient', '该渠道认证记录不存在'),
  '500209': as('ask-patient', '该渠道认证记录已停用'),
  '500156': as('configuration', '线上业务类型编码不存在'),
  '500242': as('other-payment', '签约信息缺失，请联系展码渠道检查'),
  '500243': as('other-payment', '用户未在展码渠道签约，不可使用一码付'),
  '500244': as('other-payment', '该支付渠道暂未接入'),
  '500316': as('configuration', '医保定点机构代码传输错误，请调整'),
  '500318': as('other-payment', '该渠道暂不支持医保结算业务办理，可选择国家医保服务平台 APP 办理'),
  '500319': as('by-hand', '通知渠道为参保人发起密码核验认证服务失败，请重试或采用线下密码核验认证'),
  '500320': as('no-password', '该笔结算业务无需参保人输入密码，可直接办理'),
  '500321': as(
    'other-payment',
    '通知渠道为参保人发起密码核验认证服务失败，该渠道暂不支持医保结算业务办理，可选择国家医保服务平台 APP 办理',
  ),
}

export const SUCCESS = '0'
export const NO_PASSWORD = '500320'

/** Not in the document: never a success, and nobody knows whether it is a "no". */
export const UNLISTED: ReturnCode = as('unlisted', '一码付返回未列出的代码')

/** These leave open what happened. */
export const LEAVES_OPEN: ReadonlySet<Handling> = new Set(['ask-again', 'unlisted'])
