import { describe, expect, it } from 'vitest'
import { masked } from '../../src/payment/masking.ts'

describe('personal data as it is shown [HN-11]', () => {
  it.each([
    ['name', '张三', '张*'],
    ['name', '刘小明', '刘**'],
    ['name', '张', '*'],
    ['name', '𠮷田', '𠮷*'],
    ['idNo', '430102199001011237', '430*************37'],
    ['idNo', '12345', '*****'],
    ['socialSecurityNo', '43010219900101123X', '430*************3X'],
    ['cardNo', '43000000000000001', '*************0001'],
    ['phone', '13900001234', '139****1234'],
    ['address', '湖南省长沙市岳麓区麓山路1号', '湖南省长沙市岳麓区*****'],
    ['address', '湖南省浏阳市某路2号', '湖南省浏阳市****'],
    ['address', '某处', '**'],
    // A district that stands too far behind is no district to show.
    ['address', `${'某'.repeat(30)}区1号`, '*'.repeat(33)],
    ['address', `${'某'.repeat(30)}市1号`, '*'.repeat(33)],
    ['name', '', ''],
  ] as const)('%s %s is %s', (field, text, shown) => {
    expect(masked(field, text)).toBe(shown)
  })
})
