import type { App } from '../app.ts'
import { patientOf } from '../payment/attempt.ts'
import type { Intent } from '../store/intents.ts'
import * as attempts from '../store/attempts.ts'
import type { Answer, InsuranceQuestion } from '../upstreams/upstream.ts'
import { askAPerson } from './background.ts'
import type { HeldOrder } from './held-order.ts'
import { perform } from './perform.ts'

/** 6401, asking 6301 first: the upload of a try that is over must not block the patient's next one. */
export async function revokeUpload(app: App, held: HeldOrder, intent: Intent): Promise<void> {
  const { order } = held
  const question = await uploadOf(app, held, intent)
  await perform<void>(app, held, {
    effect: 'revoke-upload',
    number: intent.number,
    ask: () => isRevoked(app, question),
    send: () => app.insurer.revoke(question),
    learn: () => ({}),
    refuse: ({ message }) => ({
      also: (trx) =>
        askAPerson(app, trx, {
          kind: 'revoke-refused',
          order,
          sentence: `医保费用上传未能撤销（${message.slice(0, 100)}），请联系医保中台处理。`,
          actions: ['revoke-at-bureau', 'note'],
        }),
    }),
  })
}

/** Refused here, and yet the bureau may have revoked it since: a work item asked it to. */
export async function isRevokedByNow(app: App, held: HeldOrder, intent: Intent): Promise<boolean> {
  return (await isRevoked(app, await uploadOf(app, held, intent))).kind === 'done'
}

async function uploadOf(app: App, held: HeldOrder, intent: Intent): Promise<InsuranceQuestion> {
  const { id } = held.order
  const attempt = await attempts.attemptOf(app.db, id, intent.attemptNo)
  if (!attempt?.payOrdId || !attempt.payToken) throw new Error(`${id}: nothing to revoke`)
  return { payOrdId: attempt.payOrdId, payToken: attempt.payToken, ...patientOf(attempt) }
}

async function isRevoked(app: App, question: InsuranceQuestion): Promise<Answer<void>> {
  const answer = await app.insurer.query(question)
  if (answer.kind !== 'done') return answer
  switch (answer.value.phase) {
    case 'revoked':
    case 'refunded':
      return { kind: 'done', value: undefined }
    case 'saved':
    case 'pre-settled':
    case 'failed':
      return { kind: 'absent' }
    case 'settled':
      return { kind: 'refused', code: 'settled', message: '医保中台显示已结算' }
    case 'settling':
    case 'unknown':
      return { kind: 'unknown', cause: `ordStas ${answer.value.ordStas}` }
  }
}
