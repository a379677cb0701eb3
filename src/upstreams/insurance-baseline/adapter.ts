/** Provincial insurance core (省医保核心系统, 基线版): 9001 sign-in and the person query. */
import type { InsuredPersons } from '../upstream.ts'
import { personInput, personOf, signInInput, signNoOf, type Terminal } from './mapping.ts'
import { type CoreCall, coreSend, type TransportSettings } from './transport.ts'

export interface InsuranceCoreProfile {
  /** What the bureau opened for this hospital (README.md 4). */
  readonly personQuery: '1101' | 'queryPsninfobyZFB'
}

export interface InsuranceCoreSettings extends TransportSettings {
  /** With `{infno}` where the site wants it: `…/fsi/api/rsfComIfsService/callService/{infno}`. */
  readonly callServiceUrl: string
  /** Of queryPsninfobyZFB; used only under that profile. */
  readonly personByChannelUrl: string
  readonly terminal: Terminal
  readonly profile: InsuranceCoreProfile
}

export function insuranceCore(settings: InsuranceCoreSettings): InsuredPersons {
  const { hospital, terminal, profile } = settings
  const call = coreSend(settings)
  const url = (infno: string): string => settings.callServiceUrl.replace('{infno}', infno)
  const asked: Pick<CoreCall, 'infno' | 'service' | 'url'> =
    profile.personQuery === '1101'
      ? { infno: '1101', service: '1101', url: url('1101') }
      : { infno: '1101', service: 'queryPsninfobyZFB', url: settings.personByChannelUrl }
  return {
    operator: hospital.operator,
    signIn: async () => {
      const input = signInInput(hospital.operator, terminal)
      const signIn = { infno: '9001', service: '9001', url: url('9001'), signNo: '', input }
      const outcome = await call(signIn)
      return outcome.kind === 'done' ? signNoOf(outcome.value) : outcome
    },
    person: async (request) => {
      const { signNo } = request
      const outcome = await call({ ...asked, signNo, input: personInput(request) })
      return outcome.kind === 'done' ? personOf(outcome.value) : outcome
    },
  }
}
