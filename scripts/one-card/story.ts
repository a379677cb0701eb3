/** Every flow of the one-card once, as desks, holder and platform live it; each step says whether it held. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Desk, membersOf, type Told } from './desk.ts'

export interface Step {
  readonly ids: string
  readonly what: string
  readonly run: (desk: Desk, bill: () => string) => Promise<boolean>
}

interface Person {
  readonly idType: string
  readonly idNo: string
  readonly name: string
  readonly cardNo: string
}

const textOf = (told: Told, name: string): string => String(told[name])

async function personAt(desk: Desk, at = 0): Promise<Person> {
  const { holders } = await desk.phone('holders')
  const found = membersOf(Array.isArray(holders) ? holders[at] : null)
  const [idType, idNo, name, cardNo] = ['idType', 'idNo', 'name', 'cardNo'].map((member) =>
    textOf(found, member),
  )
  return { idType: idType ?? '', idNo: idNo ?? '', name: name ?? '', cardNo: cardNo ?? '' }
}

const sealed = (desk: Desk, { name, idNo }: Person) => ({
  name: desk.seal(name),
  socialSecurityNo: desk.seal(idNo),
})

const PATIENCE = 250

/** Waits for what the worker does by itself. */
async function becomes(look: () => Promise<boolean>): Promise<boolean> {
  for (let times = 0; times < PATIENCE; times += 1) {
    if (await look()) return true
    await pause(100)
  }
  return false
}

const statusOf = (desk: Desk, orderNo: string) => async (): Promise<boolean> => {
  const { told } = await desk.call('GET', `/his/one-card/payments/${orderNo}`)
  return told['status'] === 'paid' && told['hisWriteBack'] === 'done'
}

const CHECK = { session: 'window-3-visit-1', businessType: '门诊缴费' }

async function checkName(desk: Desk): Promise<boolean> {
  const [one, other] = [await personAt(desk, 0), await personAt(desk, 1)]
  const right = await desk.call('POST', '/his/one-card/names', sealed(desk, one))
  const wrong = { ...sealed(desk, one), name: desk.seal(other.name) }
  const mismatch = await desk.call('POST', '/his/one-card/names', wrong)
  return right.told['matches'] === true && mismatch.told['matches'] === false
}

async function presence(desk: Desk): Promise<boolean> {
  const holder = sealed(desk, await personAt(desk))
  const begun = await desk.call('POST', '/his/one-card/checks', {
    kind: 'presence',
    ...CHECK,
    holder,
  })
  const id = textOf(begun.told, 'id')
  await desk.phone('pass', { requestNo: id })
  const use = () => desk.call('POST', `/his/one-card/checks/${id}/use`, CHECK)
  const first = await use()
  return first.status === 200 && (await use()).status === 422
}

async function card(desk: Desk): Promise<boolean> {
  const { idType, idNo, name, cardNo } = await personAt(desk)
  const read = (as: string) =>
    desk.call('POST', '/his/one-card/cards', {
      idType,
      idNo: desk.seal(idNo),
      name: desk.seal(as),
      cardNo: desk.seal(cardNo),
    })
  const [valid, lost] = [await read(name), await read(`${name}-K59`)]
  return valid.told['valid'] === true && lost.told['valid'] === false
}

async function shownCode(desk: Desk): Promise<boolean> {
  const person = await personAt(desk)
  const code = textOf(await desk.phone('show'), 'code')
  const asked = { code, expectedIdNo: desk.seal(person.idNo) }
  const { told } = await desk.call('POST', '/his/one-card/shown-codes', asked)
  const holder = membersOf(told['holder'])
  const isHidden = !JSON.stringify(told).includes(person.idNo) && holder['name'] !== person.name
  const again = await desk.call('POST', '/his/one-card/shown-codes', { code })
  return holder['isExpected'] === true && isHidden && again.told['state'] === 'used'
}

async function scan(desk: Desk): Promise<boolean> {
  const { told } = await desk.call('POST', '/his/one-card/checks', { kind: 'scan', ...CHECK })
  const path = `/his/one-card/checks/${textOf(told, 'id')}`
  const early = await desk.call('POST', `${path}/use`, CHECK)
  await desk.phone('authorise', { qr: told['qr'] })
  const session = `?session=${CHECK.session}`
  const passed = await becomes(
    async () => (await desk.call('GET', path + session)).told['state'] === 'passed',
  )
  const elsewhere = await desk.call('GET', `${path}?session=window-9-visit-2`)
  const used = await desk.call('POST', `${path}/use`, CHECK)
  const holder = membersOf(used.told['holder'])
  return early.status === 422 && passed && elsewhere.status === 404 && holder['idNo'] !== undefined
}

async function record(desk: Desk): Promise<boolean> {
  await desk.phone('down', { down: true })
  const use = {
    ...sealed(desk, await personAt(desk)),
    channel: '窗口',
    kind: '就诊',
    detail: '内科门诊',
    usedAt: '2026-11-21T09:00:00+08:00',
  }
  const { told, status } = await desk.call('POST', '/his/one-card/uses', use)
  await pause(300)
  await desk.phone('down', { down: false })
  const sent = await becomes(async () => {
    const records = membersOf((await desk.phone('records'))['records'])
    return membersOf(records[textOf(told, 'recordNo')])['times'] === 1
  })
  return status === 202 && sent
}

async function payOnline(desk: Desk, bill: () => string): Promise<boolean> {
  const holder = sealed(desk, await personAt(desk))
  const wish = { kind: 'online', billNo: `${bill()}-K56`, holder }
  const { told } = await desk.call('POST', '/his/one-card/payments', wish)
  return becomes(statusOf(desk, textOf(told, 'orderNo')))
}

async function payShown(desk: Desk, bill: () => string): Promise<boolean> {
  const wish = { kind: 'shown', billNo: bill() }
  const { told } = await desk.call('POST', '/his/one-card/payments', wish)
  const paid = await desk.phone('pay', { qr: told['qr'] })
  return paid['paid'] === true && becomes(statusOf(desk, textOf(told, 'orderNo')))
}

async function payScanned(desk: Desk, bill: () => string): Promise<boolean> {
  const code = textOf(await desk.phone('show'), 'code')
  const wish = { kind: 'scanned', billNo: bill(), code }
  const { told } = await desk.call('POST', '/his/one-card/payments', wish)
  const orderNo = textOf(told, 'orderNo')
  await desk.phone('pay', { orderNo })
  return becomes(statusOf(desk, orderNo))
}

async function grants(desk: Desk): Promise<boolean> {
  const { idType, idNo, name } = await personAt(desk)
  const row = (rowNo: number) => ({
    rowNo,
    idType,
    idNo: desk.seal(idNo),
    name: desk.seal(name),
    amountFen: 10_000 * rowNo,
    detail: '救助金',
  })
  const batch = { batchNo: 'B20261121', benefitType: '医疗救助-K58', rows: [1, 2, 3].map(row) }
  await desk.call('POST', '/his/one-card/grants', batch)
  return becomes(async () => {
    const { told } = await desk.call('GET', '/his/one-card/grants/B20261121')
    const rows = Array.isArray(told['rows']) ? told['rows'].map((each) => membersOf(each)) : []
    return rows.map(({ state }) => state).join() === 'granted,failed,granted'
  })
}

async function rights(desk: Desk): Promise<boolean> {
  const [one, other] = [await personAt(desk, 0), await personAt(desk, 1)]
  const ask = async (name: string, socialSecurityNo: string) => {
    const told = await desk.phone('rights', { content: { name, socialSecurityNo } })
    const { items } = membersOf(told['Data'])
    return told['IsSuccess'] === true && Array.isArray(items) ? items.length : -1
  }
  const own = await ask(one.name, one.idNo)
  const [others, mixed] = [await ask(other.name, other.idNo), await ask(other.name, one.idNo)]
  return own > 0 && others === 0 && mixed === 0
}

async function forged(desk: Desk): Promise<boolean> {
  const { name, idNo } = await personAt(desk)
  const content = { name, socialSecurityNo: idNo }
  const told = await desk.phone('rights', { content, forged: true })
  return told['ErrorCode'] === 95270716 && told['Message'] === '数字签名错误!'
}

export const STEPS: readonly Step[] = [
  { ids: 'HN-90', what: '实名认证：姓名与社会保障号码相符、不符', run: checkName },
  { ids: 'HN-91', what: '实人认证：通过后只能用一次', run: presence },
  { ids: 'HN-92', what: '实体卡认证：正常卡、挂失卡', run: card },
  { ids: 'HN-93, HN-11', what: '出示电子卡：脱敏显示，码不可再用', run: shownCode },
  { ids: 'HN-94', what: '扫描二维码：授权前取不到，别的会话看不到', run: scan },
  { ids: 'HN-95', what: '用卡记录：平台中断时入队，恢复后补发一次', run: record },
  { ids: 'HN-100', what: '线上支付：应答 95279504，查询后入账，未付两次', run: payOnline },
  { ids: 'HN-101', what: '主扫支付：平台来取订单，付款后通知', run: payShown },
  { ids: 'HN-102', what: '被扫支付：持卡人确认后通知', run: payScanned },
  { ids: 'HN-99', what: '系统对接发放：逐条结果，部分失败', run: grants },
  { ids: 'HN-97', what: '信息查询：只给本人的权益信息', run: rights },
  { ids: 'HN-08', what: '签名不符：95270716 数字签名错误!', run: forged },
]
