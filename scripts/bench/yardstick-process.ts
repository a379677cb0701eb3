/**
 * The yardstick of the callback endpoint: the least that a service on this stack must do. Bare Koa,
 * the same verification and decryption, one prepared insert through mysql2, the same signed answer.
 */
import { createServer } from 'node:http'
import Koa from 'koa'
import { createPool } from 'mysql2/promise'
import { readSettings } from '../../src/config.ts'
import { acknowledgement, type NoticeOptions, readNotice } from '../../src/upstreams/icbc/notice.ts'
import { icbcSecurity } from '../../src/upstreams/icbc/security.ts'
import { answerParent } from './child.ts'
import { listening } from './listening.ts'
import { meterCommands } from './meter.ts'

const settings = readSettings()

/** What BANK=icbc requires. */
function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the yardstick speaks to ICBC alone')
  return value
}

const options: NoticeOptions = {
  appId: needed(settings.ICBC_APP_ID),
  security: icbcSecurity({
    signType: settings.ICBC_SIGN_TYPE,
    appPrivateKey: needed(settings.ICBC_PRIVATE_KEY),
    gatewaySignAlg: settings.ICBC_GATEWAY_SIGN,
    gatewayPublicKeys: needed(settings.ICBC_GATEWAY_PUBLIC_KEY),
    encryptType: settings.ICBC_CIPHER,
    cipherKey: needed(settings.ICBC_CIPHER_KEY),
    sm2UserId: settings.ICBC_SM2_USER_ID,
    sm2Encoding: settings.ICBC_SM2_ENCODING,
  }),
  publicPath: {
    'mixed-order': '/callbacks/icbc/mixed-order',
    'self-pay': '/callbacks/icbc/self-pay',
  },
  includeReturnCode: settings.ICBC_INCLUDE_RETURN_CODE,
}

/** As many connections as the service has. */
const pool = createPool({ uri: settings.DATABASE_URL.reveal(), connectionLimit: 12 })
await pool.query(
  'create table notices (message_id varchar(64) primary key, body mediumtext not null) engine=InnoDB',
)

const koa = new Koa()
koa.use(async (ctx) => {
  const parts: Buffer[] = []
  for await (const part of ctx.req) parts.push(part)
  const body = Buffer.concat(parts)
  const notice = readNotice({ kind: 'mixed-order', path: ctx.path, headers: {}, body }, options)
  if (notice.verified)
    await pool.execute('insert into notices (message_id, body) values (?, ?)', [
      notice.messageId,
      body.toString('latin1'),
    ])
  const answer = acknowledgement(notice, notice.verified, options)
  ctx.type = answer.contentType
  ctx.body = answer.body
})
const handle = koa.callback()
const server = createServer((request, response) => void handle(request, response))
answerParent(await listening(server), meterCommands(), async () => {
  server.closeAllConnections()
  await pool.end()
})
