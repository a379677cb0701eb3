/** 社会保障一卡通: every flow of chapter 7 as desks, holder and platform live it (HN-*). */
import { interfaceTables } from '../../one-card/interfaces.ts'
import { becomes, type Case, collected, happy, membersOf, must, same, yuan } from './case.ts'
import { CODE_CASES } from './one-card-codes.ts'
import {
  begin,
  billWith,
  endsAs,
  payOnline,
  personAt,
  phone,
  seal,
  sealed,
  SESSION,
} from './one-card-desk.ts'
import { FAILURE_CASES } from './one-card-failures.ts'
import { HOSTILE_CASES } from './one-card-hostile.ts'

const IDENTITY: readonly Case[] = [
  happy('HN-90 HN-30 HN-31 HN-32 HN-08', '实名认证：相符、不符（沙盒验签）', async (scene) => {
    const [one, other] = [await personAt(scene, 0), await personAt(scene, 1)]
    const ask = async (name: string) =>
      (await scene.his('POST', '/his/one-card/names', sealed(scene, { ...one, name }))).body
    same(
      '相符',
      [await ask(one.name), await ask(other.name)],
      [{ matches: true }, { matches: false }],
    )
    return '本人相符，他人姓名不符'
  }),
  happy('HN-91', '实人认证：通过后只能用一次，且只用于这项业务', async (scene) => {
    const holder = sealed(scene, await personAt(scene))
    const wish = { kind: 'presence', ...SESSION, holder }
    const { body } = await scene.his('POST', '/his/one-card/checks', wish)
    await phone(scene, 'pass', { requestNo: body['id'] })
    const use = async (businessType: string) =>
      (
        await scene.his('POST', `/his/one-card/checks/${String(body['id'])}/use`, {
          ...SESSION,
          businessType,
        })
      ).status
    same(
      '应答',
      [await use('住院押金'), await use('门诊缴费'), await use('门诊缴费')],
      [422, 200, 422],
    )
    return '别的业务 422，本业务 200，再用 422'
  }),
  happy('HN-92', '实体卡认证：正常、挂失', async (scene) => {
    const person = await personAt(scene)
    const { idType, idNo, cardNo } = person
    const read = async (name: string) =>
      (
        await scene.his('POST', '/his/one-card/cards', {
          idType,
          idNo: seal(scene, idNo),
          name: seal(scene, name),
          cardNo: seal(scene, cardNo),
        })
      ).body['valid']
    same('有效', [await read(person.name), await read(`${person.name}-K59`)], [true, false])
    return '正常卡有效，挂失卡无效'
  }),
  happy('HN-93 HN-11 HN-12', '出示电子卡：脱敏显示，码不可再用', async (scene) => {
    const person = await personAt(scene)
    const { code } = await phone(scene, 'show')
    const asked = { code, expectedIdNo: seal(scene, person.idNo) }
    const { body } = await scene.his('POST', '/his/one-card/shown-codes', asked)
    const holder = membersOf(body['holder'])
    same('本人', holder['isExpected'], true)
    for (const secret of [person.idNo, person.name, person.cardNo])
      must(!JSON.stringify(body).includes(secret), '没有脱敏')
    const again = await scene.his('POST', '/his/one-card/shown-codes', { code })
    same('再用', again.body['state'], 'used')
    return `${String(holder['name'])} ${String(holder['idNo'])}`
  }),
  happy('HN-94', '扫描二维码：授权前取不到，别的会话看不到', async (scene) => {
    const begun = await scene.his('POST', '/his/one-card/checks', { kind: 'scan', ...SESSION })
    const path = `/his/one-card/checks/${String(begun.body['id'])}`
    same('授权前', (await scene.his('POST', `${path}/use`, SESSION)).status, 422)
    await phone(scene, 'authorise', { qr: begun.body['qr'] })
    const session = `?session=${SESSION.session}`
    await becomes(
      '通过',
      async () => (await scene.his('GET', path + session)).body['state'] === 'passed',
    )
    same('别的会话', (await scene.his('GET', `${path}?session=window-9-visit-2`)).status, 404)
    const { body } = await scene.his('POST', `${path}/use`, SESSION)
    must(membersOf(body['holder'])['idNo'] !== undefined, '没有持卡人')
    return '授权后取得，脱敏'
  }),
]

const PAYMENTS: readonly Case[] = [
  happy('HN-100', '线上支付，医院系统入账', async (scene) => {
    const billNo = billWith(scene)
    await endsAs(scene, await payOnline(scene, billNo), 'paid')
    return `收到 ${yuan(collected(scene, billNo))}`
  }),
  happy('HN-101', '主扫支付：平台来取订单，付款后通知', async (scene) => {
    const billNo = billWith(scene)
    const { body } = await begin(scene, { kind: 'shown', billNo })
    const first = await phone(scene, 'pay', { qr: body['qr'] })
    same('付款', first['paid'], true)
    await endsAs(scene, String(body['orderNo']), 'paid')
    const again = await phone(scene, 'pay', { qr: body['qr'] })
    same('再扫', again['paid'], false)
    return `收到 ${yuan(collected(scene, billNo))}，再扫不可付`
  }),
  happy('HN-102', '被扫支付：持卡人确认后通知', async (scene) => {
    const billNo = billWith(scene)
    const { code } = await phone(scene, 'show')
    const { body } = await begin(scene, { kind: 'scanned', billNo, code })
    await phone(scene, 'pay', { orderNo: body['orderNo'] })
    await endsAs(scene, String(body['orderNo']), 'paid')
    return `收到 ${yuan(collected(scene, billNo))}`
  }),
  happy('HN-15', '实体卡支付须有交易认证码', async (scene) => {
    const holder = sealed(scene, await personAt(scene))
    const wish = { kind: 'online', billNo: billWith(scene), holder }
    same('没有认证码', (await begin(scene, { ...wish, card: {} })).status, 400)
    const { body } = await begin(scene, { ...wish, card: { transactionCode: 'TX0001' } })
    await endsAs(scene, String(body['orderNo']), 'paid')
    return '没有则 400，有则送达并支付'
  }),
]

const PROVIDED: readonly Case[] = [
  happy('HN-97 HN-14', '信息查询：只给本人的权益信息', async (scene) => {
    const [one, other] = [await personAt(scene, 2), await personAt(scene, 3)]
    const used = { ...sealed(scene, one), channel: '窗口', kind: '就诊', detail: '内科' }
    await scene.his('POST', '/his/one-card/uses', { ...used, usedAt: '2026-11-21T09:00:00+08:00' })
    const ask = async (name: string, socialSecurityNo: string) => {
      const { Data } = await phone(scene, 'rights', { content: { name, socialSecurityNo } })
      const { items } = membersOf(Data)
      return Array.isArray(items) ? items.length : -1
    }
    const seen = [await ask(one.name, one.idNo), await ask(other.name, one.idNo)]
    same('记录数', seen, [1, 0])
    return '本人一条，冒名零条'
  }),
  happy('HN-19', '接口说明表由接口定义生成', async ({ app }) => {
    const tables = interfaceTables(app.settings)
    same('表', tables.length, 3)
    return tables.map(({ title }) => title).join('、')
  }),
]

export const ONE_CARD_CASES: readonly Case[] = [
  ...IDENTITY,
  ...PAYMENTS,
  ...PROVIDED,
  ...FAILURE_CASES,
  ...CODE_CASES,
  ...HOSTILE_CASES,
]
