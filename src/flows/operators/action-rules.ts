/** What a person may do about a work item, and what is carried out here of it. */

export const ACTIONS = [
  'ask-bank',
  'ask-insurer',
  'settle-as-bank-says',
  'close-order',
  'close-verified',
  'revoke-at-bureau',
  'full-refund',
  'refund-again',
  'reject-refund',
  'returned-by-hand',
  'note',
] as const
export type Action = (typeof ACTIONS)[number]

export interface ActionRule {
  readonly means: string
  /** Needs a second operator (docs/rulings.md 5). */
  readonly movesMoney: boolean
  /** What a person has to do outside; null when the action is carried out here. */
  readonly byHand: string | null
}

/** Only what can be carried out is carried out; everything else says in words what to do by hand. */
export const ACTION_RULES: Record<Action, ActionRule> = {
  'ask-bank': { means: '立即向银行查询一次', movesMoney: false, byHand: null },
  'ask-insurer': { means: '立即向医保中台查询一次（仅供参考）', movesMoney: false, byHand: null },
  'settle-as-bank-says': {
    means: '立即向银行查询，按其确定的结果了结订单',
    movesMoney: true,
    byHand: null,
  },
  'close-verified': {
    means: '银行与医保中台均确认未收款后关闭订单',
    movesMoney: true,
    byHand: null,
  },
  'close-order': {
    means: '关闭订单，撤销医保上传并释放账单',
    movesMoney: false,
    byHand: null,
  },
  'revoke-at-bureau': {
    means: '请医保中台撤销费用上传',
    movesMoney: false,
    byHand:
      '请联系医保中台，凭订单的费用上传流水号（medOrgOrd）核对并撤销；办结后记录办理结果（note）。',
  },
  'full-refund': {
    means: '全额退款',
    movesMoney: true,
    byHand:
      '这笔订单的状态不能由系统退款。请先在银行和医保中台核对两部分均未退回，再由医保窗口退医保部分、财务在银行商户平台原路退自费部分；办结后登记线下退款及凭证号（returned-by-hand）。',
  },
  'refund-again': {
    means: '再次退款；原退款号已终结的，以新的退款号',
    movesMoney: true,
    byHand: null,
  },
  'reject-refund': { means: '终止退费，订单恢复为已支付', movesMoney: false, byHand: null },
  'returned-by-hand': {
    means: '登记已在系统外退回的款项及凭证号',
    movesMoney: true,
    byHand: null,
  },
  note: { means: '记录办理结果并结束事项', movesMoney: false, byHand: null },
}
