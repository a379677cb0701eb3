import {
  DEFAULT_PROFILES,
  type IcbcProfile,
  LEGACY_ICBC_PROFILE,
} from '../../../src/sandbox/parameters.ts'
import { createSigning } from '../../../src/sandbox/icbc/signing.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { type BankUnderTest, keepsTheContract } from '../bank-contract.ts'
import type { OddAnswer } from '../bank-contract-odd-answers.ts'
import type { BankLink } from '../bank-rig.ts'
import { sandboxContext } from '../stub.ts'
import { connected } from './setup.ts'

const WORDS: Record<OddAnswer, Record<string, unknown>> = {
  'an unlisted code': { return_code: '99999999', return_msg: 'x' },
  'turned away unread': { return_code: 500031, return_msg: '速率超限' },
  'another amount': {
    return_code: 0,
    order_id: 'B1',
    total_amt: '1',
    wx_data_package: {
      timestamp: '1',
      noncestr: 'n',
      package: 'prepay_id=wx1',
      signtype: 'RSA',
      paysign: 's',
    },
  },
  'another order': {
    return_code: 0,
    pay_status: '0',
    out_trade_no: 'OTHER',
    outtrx_serial_no: 'OTHER',
    mix_trade_no: 'OTHER',
    mix_pay_status: 'MIX_PAY_FAIL',
  },
  'no prepay': { return_code: 0, order_id: 'B1', wx_data_package: '{}' },
  'half a state': { return_code: 0, mix_trade_no: 'P1', total_fee: -1 },
}

function icbc(profile: IcbcProfile): BankUnderTest {
  const profiles = { ...DEFAULT_PROFILES, icbc: profile }
  return {
    profiles,
    tellsOfFailures: false,
    ...(profile.family === 'aggregated' && { isOneCall: true }),
    connect: (link) => connected(link, profile),
    answering: (link, odd) => signedByGateway(link, profile, JSON.stringify(WORDS[odd])),
  }
}

function signedByGateway({ parameters }: BankLink, profile: IcbcProfile, raw: string): Send {
  const { profiles, ...context } = sandboxContext()
  const signing = createSigning({
    ...context,
    parameters,
    profiles: { ...profiles, icbc: profile },
  })
  const body = Buffer.from(`{"response_biz_content":${raw},"sign":"${signing.signAnswer(raw)}"}`)
  return async () => ({ kind: 'answer', status: 200, headers: {}, body })
}

const sm2 = DEFAULT_PROFILES.icbc

keepsTheContract('ICBC with SM2 and SM4 [SC-B01]', icbc(sm2))
keepsTheContract(
  'ICBC with RSA2, a SHA-1 gateway and AES, legacy, asked by institution number too [SC-B02]',
  icbc({ ...LEGACY_ICBC_PROFILE, queryByOutTradeNo: true }),
)
keepsTheContract(
  'ICBC with SM2, and callbacks in RSA as documented [SC-B02]',
  icbc({ ...sm2, callbackSignAlg: 'SHA1' }),
)
keepsTheContract(
  'ICBC in the shape of its Hebei branch [SC-B01]',
  icbc({ ...sm2, family: 'hebei' }),
)
keepsTheContract(
  'ICBC with both orders in one aggregated call [SC-B01]',
  icbc({ ...sm2, family: 'aggregated' }),
)
