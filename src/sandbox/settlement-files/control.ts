/** `/sandbox/settlement-files/*`: a file that is wanted now, or wrong on purpose. */
import { z } from 'zod'
import { json, parseObject } from '../answers.ts'
import type { SandboxReply, SandboxUpstream } from '../world.ts'
import { ERRORS, INSURANCE_ERRORS } from './errors.ts'
import type { SettlementHosts } from './hosts.ts'
import { BOOKS, DAMAGES, type Shelf } from './shelf.ts'

const damage = z.enum(DAMAGES).nullable().default(null)
/** Today's file too: whoever demonstrates need not wait for tomorrow. */
const ISSUE = z.discriminatedUnion('book', [
  z.strictObject({
    book: z.literal('bank'),
    period: z.iso.date(),
    errors: z.array(z.enum(ERRORS)).default([]),
    damage,
  }),
  z.strictObject({
    book: z.literal('insurance'),
    period: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/),
    errors: z.array(z.enum(INSURANCE_ERRORS)).default([]),
    damage,
  }),
])
const BOOK = z.strictObject({ book: z.enum(BOOKS) })

export function createFileControl(shelf: Shelf, hosts: SettlementHosts | null): SandboxUpstream {
  const routes: Record<string, (body: unknown) => Promise<SandboxReply>> = {
    'POST /issue': async (body) => {
      const order = ISSUE.safeParse(body)
      if (!order.success) return wrong(order.error)
      const issued = await shelf.issue(order.data)
      return json(issued.impossible.length > 0 ? 409 : 200, issued)
    },
    'POST /host-key': async (body) => {
      const asked = BOOK.safeParse(body)
      if (!asked.success) return wrong(asked.error)
      if (hosts === null) return json(404, { error: 'no SFTP host' })
      return json(200, { fingerprint: await hosts.changeKey(asked.data.book) })
    },
    'POST /list': async (body) => {
      const asked = BOOK.safeParse(body)
      if (!asked.success) return wrong(asked.error)
      return json(200, { names: [...(await shelf.files(asked.data.book)).keys()] })
    },
  }
  return {
    prefix: '/sandbox/settlement-files',
    handle: async ({ method, path, body }) => {
      const route = routes[`${method} ${path}`]
      if (route === undefined) return json(404, { error: 'not found' })
      return route(parseObject(body.toString('utf8')))
    },
  }
}

const wrong = ({ issues }: z.ZodError): SandboxReply =>
  json(400, { error: issues[0]?.path.join('.') ?? 'body' })
