import { describe, expect, it } from 'vitest'
import { interfaceDocument, interfaceTables } from '../../scripts/one-card/interfaces.ts'
import { ONE_CARD_ENDPOINTS } from '../../src/http/one-card-calls.ts'
import { testSettings } from '../support/app.ts'
import { partsOf } from '../support/office-file.ts'

describe('the interface description [HN-19]', () => {
  const settings = testSettings({
    ONE_CARD_SERVICES: 'rights=YY.03.01.01,order=YY.05.02.01,payment-notice=YY.05.04.01',
    PUBLIC_URL: 'https://pay.hospital.example',
  })

  it('has a table for each interface that we provide, with its live address and number', () => {
    const tables = interfaceTables(settings)
    expect(tables.map(({ facts }) => facts[0]?.[1])).toEqual(
      ONE_CARD_ENDPOINTS.map(({ path }) => `https://pay.hospital.example${path}`),
    )
    expect(tables.map(({ headers }) => headers[2]?.[2])).toEqual([
      'YY.03.01.01',
      'YY.05.02.01',
      'YY.05.04.01',
    ])
    expect(tables[0]?.facts.slice(1, 4)).toEqual([
      ['返回格式', 'JSON'],
      ['请求方式', 'post'],
      ['接口协议', 'https'],
    ])
  })

  it('lists the members of the very schemas that check them, and every error of ours', () => {
    const [rights, , notice] = interfaceTables(settings)
    expect(rights?.body).toEqual([
      ['name', '姓名（SM4 加密）', '', 'string', '必传'],
      ['socialSecurityNo', '社会保障号码（SM4 加密）', '', 'string', '必传'],
    ])
    expect(notice?.body.at(-1)).toEqual(['paidAt', '支付时间，毫秒时间戳', '', 'integer', ''])
    const codes = rights?.errors.map(([code]) => code) ?? []
    for (const code of ['95270714', '95270716', '95270727', '95279401', '95279403', '95270001'])
      expect(codes).toContain(code)
    expect(codes).not.toContain('95279500')
  })

  it('is a Word document, the same for the same settings', async () => {
    const [one, other] = [await interfaceDocument(settings), await interfaceDocument(settings)]
    expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true)
    const text = partsOf(Buffer.from(one)).get('word/document.xml') ?? ''
    for (const words of ['社会保障卡一卡通服务接口说明表', '请求头示例（Header）', '是否必传'])
      expect(text).toContain(words)
  })
})
