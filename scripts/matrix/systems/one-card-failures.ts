/** The one-card where the platform is away, slow, or says odd things. */
import type { WholeService } from '../../parts/whole-service.ts'
import { becomes, callsFor, type Case, collected, failure, membersOf, must, same } from './case.ts'
import {
  begin,
  billWith,
  endsAs,
  grantOf,
  look,
  payOnline,
  personAt,
  phone,
  sealed,
  SESSION,
  timesRecorded,
  useOf,
} from './one-card-desk.ts'

/** Asked for, and taken once. */
const paidOnce = (ids: string, title: string, suffix: string): Case =>
  failure(ids, title, async (scene) => {
    const billNo = billWith(scene, suffix)
    const orderNo = await payOnline(scene, billNo)
    await endsAs(scene, orderNo, 'paid')
    const told = await look(scene, orderNo)
    same('状态', told['status'], 'paid')
    const moves = scene.sandbox.world.ledger.of(billNo)
    same('入账次数', moves.length, 1)
    return `支付请求 ${callsFor(scene, 'pay', orderNo)} 次，只收一次`
  })

async function askName(scene: WholeService, suffix: string): Promise<number> {
  const person = await personAt(scene)
  const wish = sealed(scene, { ...person, name: person.name + suffix })
  return (await scene.his('POST', '/his/one-card/names', wish)).status
}

export const FAILURE_CASES: readonly Case[] = [
  paidOnce('HN-61 HN-100', '支付已生效，应答 95279504：查询后入账', 'K56'),
  paidOnce('HN-100', '支付已生效，应答丢失', 'K51'),
  paidOnce('HN-100', '支付请求首次未到达：同号重发', 'K52'),
  paidOnce('HN-100', '应答的金额不符：不信此应答，查询后入账', 'K57'),
  failure('HN-34', 'IsSuccess "Y"、HTML 502 都不是相符', async (scene) => {
    same('应答', [await askName(scene, '-K53'), await askName(scene, '-K54')], [503, 503])
    return '503，没有结论'
  }),
  failure('HN-100', '持卡人拒绝：账单放开', async (scene) => {
    const billNo = billWith(scene, 'K55')
    await endsAs(scene, await payOnline(scene, billNo), 'failed')
    same('收到', collected(scene, billNo), 0)
    const next = await begin(scene, { kind: 'shown', billNo })
    same('可再付', next.status, 201)
    return '没有收款，可换方式'
  }),
  failure(
    'HN-102',
    '持卡人始终不答：到期关闭',
    async (scene) => {
      const billNo = billWith(scene)
      const { code } = await phone(scene, 'show')
      const { body } = await begin(scene, { kind: 'scanned', billNo, code })
      scene.leap(901_000)
      await endsAs(scene, String(body['orderNo']), 'closed')
      same('收到', collected(scene, billNo), 0)
      return '已关闭，没有收款'
    },
    {},
  ),
  failure(
    'HN-93 HN-94',
    '码过期：电子卡一分钟、二维码五分钟',
    async (scene) => {
      const { code } = await phone(scene, 'show')
      const scan = await scene.his('POST', '/his/one-card/checks', { kind: 'scan', ...SESSION })
      scene.leap(300_001)
      const { body } = await scene.his('POST', '/his/one-card/shown-codes', { code })
      same('电子卡', body['state'], 'expired')
      await phone(scene, 'authorise', { qr: scan.body['qr'] })
      const path = `/his/one-card/checks/${String(scan.body['id'])}`
      const state = async () => (await scene.his('GET', `${path}?session=${SESSION.session}`)).body
      must((await state())['state'] !== 'passed', '过期后仍可授权')
      return '均不可用'
    },
    {},
  ),
  failure('HN-99', '系统对接发放：逐条结果，部分失败；同一批只发一次', async (scene) => {
    const batch = grantOf(scene, '医疗救助-K58', 'B20261121')
    const told = [1, 2].map(() => scene.his('POST', '/his/one-card/grants', batch))
    same(
      '应答',
      (await Promise.all(told)).map(({ status }) => status),
      [202, 202],
    )
    const rows = async () => {
      const { body } = await scene.his('GET', `/his/one-card/grants/${batch.batchNo}`)
      const found = Array.isArray(body['rows']) ? body['rows'] : []
      return found.map((row) => membersOf(row)['state']).join()
    }
    await becomes('逐条结果', async () => (await rows()) === 'granted,failed,granted')
    same('发放请求', callsFor(scene, 'grant', batch.batchNo), 1)
    return '两条成功、一条失败，有工单'
  }),
  failure(
    'HN-95',
    '用卡记录：平台中断时入队，恢复后补发一次',
    async (scene) => {
      await phone(scene, 'down', { down: true })
      const use = await useOf(scene)
      const { body, status } = await scene.his('POST', '/his/one-card/uses', use)
      same('应答', status, 202)
      scene.leap(300_000)
      await phone(scene, 'down', { down: false })
      scene.leap(300_000)
      await becomes('补发', async () => (await timesRecorded(scene, body['recordNo'])) === 1)
      return '不耽误就诊，补发一次'
    },
    {},
  ),
]
