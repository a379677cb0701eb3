/** Regional certificate centre (地方电子凭证中心): two calls, each a line of story. */
import { Secret } from '../../errors.ts'
import type { CertificateWish, OneCodeAnswer, OneCodePay, OneCodeQuestion } from '../one-code.ts'
import { type AmountFormat, faultsOf, genPayCertOf, type Institution } from './mapping.ts'
import { nameOf, shown, signedQueryOf, statusOf } from './mapping.ts'
import { CERTIFICATE, LENGTHS, STATUS } from './messages.ts'
import { oneCodeSend, type TransportSettings } from './transport.ts'

export interface OneCodeSettings extends TransportSettings {
  readonly institution: Institution
  readonly profile: {
    readonly amountFormat: AmountFormat
    /** What VARCHAR2(n) counts, where the region has said so. */
    readonly lengthIn: 'characters' | 'bytes'
  }
  readonly warn: (message: string) => void
}

export function oneCodePay(settings: OneCodeSettings): OneCodePay {
  const { institution, profile } = settings
  const send = oneCodeSend(settings)
  return {
    orgCode: institution.orgCodg,
    status: async (asked: OneCodeQuestion) => {
      const input = signedQueryOf(institution, asked)
      const wrong = wrongInput(settings, input, LENGTHS.signedQuery)
      if (wrong) return wrong
      const answer = await send({ name: 'signedQuery', number: '', input })
      if (answer.kind !== 'done') return answer
      const status = STATUS.safeParse(answer.value)
      return status.success ? { kind: 'done', value: statusOf(status.data) } : unreadable()
    },
    certificate: async (wish: CertificateWish) => {
      const input = genPayCertOf(institution, wish, profile.amountFormat)
      const wrong = wrongInput(settings, input, LENGTHS.genPayCert)
      if (wrong) return wrong
      const answer = await send({ name: 'genPayCert', number: wish.serialNo, input })
      if (answer.kind !== 'done') return answer
      const issued = CERTIFICATE.safeParse(answer.value)
      if (!issued.success) return unreadable()
      const { payCert, payChnlUserName, payChnlName } = issued.data
      const value = {
        certificate: new Secret(payCert),
        accountName: shown(payChnlUserName),
        channelName: nameOf(payChnlName),
      }
      return { kind: 'done', value }
    },
  }
}

const unreadable = (): OneCodeAnswer<never> => ({
  kind: 'unknown',
  cause: 'answer-incomplete',
  said: null,
})

/** Nothing is sent that the document does not allow; the fault names the field, never its value. */
function wrongInput<T extends { readonly [K in keyof T]: string }>(
  { profile, warn }: OneCodeSettings,
  input: T,
  lengths: Readonly<Record<keyof T & string, number>>,
): OneCodeAnswer<never> | null {
  const faults = faultsOf(input, lengths)
  const grave = faults.find(({ warning }) => !warning || profile.lengthIn === 'bytes')
  if (grave) {
    const message = `${grave.field} ${grave.says}`
    return { kind: 'refused', code: 'input-invalid', message, handling: 'configuration' }
  }
  for (const { field, says } of faults) warn(`${field} ${says}`)
  return null
}
