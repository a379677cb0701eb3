import { Secret } from '../errors.ts'
import { insuranceCore } from '../upstreams/insurance-baseline/adapter.ts'
import {
  type Authenticator,
  csbAuthenticator,
  noAuthenticator,
  tifAuthenticator,
} from '../upstreams/insurance-baseline/authenticators.ts'
import type { InsuredPersons } from '../upstreams/upstream.ts'
import { base, type Wire } from './wire.ts'

export function connectInsurance(wire: Wire): InsuredPersons {
  const { settings } = wire
  return insuranceCore({
    ...base(wire),
    callServiceUrl: settings.INSURANCE_URL,
    personByChannelUrl: settings.INSURANCE_PERSON_URL ?? settings.INSURANCE_URL,
    profile: { personQuery: settings.INSURANCE_PERSON_QUERY },
    authenticate: authenticatorOf(wire),
    terminal: { ip: settings.INSURANCE_TERMINAL_IP, mac: settings.INSURANCE_TERMINAL_MAC },
    hospital: {
      fixmedinsCode: settings.INSURANCE_ORG_CODE,
      fixmedinsName: settings.INSURANCE_ORG_NAME,
      mdtrtareaAdmvs: settings.INSURANCE_MDTRTAREA_ADMVS,
      recerSysCode: settings.INSURANCE_RECER_SYS_CODE,
      operator: settings.INSURANCE_OPERATOR,
      operatorName: settings.INSURANCE_OPERATOR_NAME,
    },
  })
}

function authenticatorOf(wire: Wire): Authenticator {
  const { settings, clock, random } = wire
  switch (settings.INSURANCE_AUTHENTICATOR) {
    case 'none':
      return noAuthenticator
    case 'x-tif':
      return tifAuthenticator({
        now: clock.now,
        random,
        paasId: settings.INSURANCE_TIF_PAAS_ID ?? '',
        secret: settings.INSURANCE_TIF_SECRET ?? new Secret(''),
      })
    case 'csb':
      return csbAuthenticator({
        now: clock.now,
        accessKey: settings.INSURANCE_CSB_ACCESS_KEY ?? '',
        secretKey: settings.INSURANCE_CSB_SECRET_KEY ?? new Secret(''),
        apiVersion: '1.0.0',
      })
  }
}
