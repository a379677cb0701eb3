/** Every return code of 1.7 at both calls: how often the call is made, and that nobody is charged. */
import type { Case } from './case.ts'
import { callsFor, failure, same } from './case.ts'
import { declinedAs } from './one-code-desk.ts'

/** Written from the document's table, not from the adapter: the code, and calls at either interface. */
const TABLE: readonly (readonly [code: number, signedQuery: number, genPayCert: number])[] = [
  [-1, 2, 1],
  [-2, 1, 1],
  [-3, 2, 1],
  [-4, 1, 1],
  [-5, 1, 1],
  [-6, 3, 3],
  [500001, 1, 1],
  [500002, 1, 1],
  [500003, 1, 1],
  [500008, 1, 1],
  [500012, 1, 1],
  [500014, 1, 1],
  [500033, 2, 1],
  [500042, 1, 1],
  [500050, 1, 1],
  [500054, 1, 1],
  [500057, 1, 1],
  [500058, 1, 1],
  [500084, 3, 3],
  [500093, 1, 1],
  [500100, 1, 1],
  [500208, 1, 1],
  [500209, 1, 1],
  [500156, 1, 1],
  [500242, 1, 1],
  [500243, 1, 1],
  [500244, 1, 1],
  [500316, 1, 1],
  [500318, 1, 1],
  [500319, 1, 1],
  [500320, 2, 2],
  [500321, 1, 1],
  // On no list: a failure with its number, and an alarm.
  [599999, 1, 1],
]

export const CODE_CASES: readonly Case[] = TABLE.map(([code, signedQuery, genPayCert], at) =>
  failure(`YM-${61 + at}`, code === 599999 ? '未列出的返回码' : `返回码 ${code}`, async (scene) => {
    const written = String(code).replace('-', 'm')
    const status = await declinedAs(scene, `MYS${written}`, `return-code-${code}`)
    same('signedQuery 次数', callsFor(scene, 'signedQuery', status.billNo), signedQuery)
    same('未查到可用而取凭据', callsFor(scene, 'genPayCert', status.billNo), 0)
    const certificate = await declinedAs(scene, `MYC${written}`, `return-code-${code}`)
    same('genPayCert 次数', callsFor(scene, 'genPayCert', certificate.billNo), genPayCert)
    return `查询 ${signedQuery} 次、凭据 ${genPayCert} 次；${status.text}`
  }),
)
