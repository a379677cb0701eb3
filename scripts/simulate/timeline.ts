/** What happened to one bill, line by line, from everybody who saw it. */
import type { Knex } from 'knex'
import { readBooks } from './books.ts'
import type { Violation } from './invariants.ts'
import type { Simulated } from './world.ts'

interface Line {
  readonly at: number
  readonly text: string
}

/** @param violations of one bill, or of none in particular */
export async function timeline(world: Simulated, billNo: string | null): Promise<string> {
  const lines = [
    ...said(world, billNo),
    ...(billNo === null ? [] : [...outside(world, billNo), ...(await inside(world.q, billNo))]),
  ]
  return lines
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => `  ${timeOf(at)}  ${text}`)
    .join('\n')
}

export const firstBill = (violations: readonly Violation[]): string | null =>
  violations.find(({ billNo }) => billNo !== null)?.billNo ?? null

/** People by their bill; of what concerns everybody only the power, or it would drown the rest. */
function said({ story }: Simulated, billNo: string | null): Line[] {
  return story
    .filter((told) => (told.billNo === null ? isPower(told.what) : told.billNo === billNo))
    .map(({ at, what }) => ({ at, text: what }))
}

const isPower = (what: string): boolean => /^(kill|process)/.test(what)

function outside({ bank }: Simulated, billNo: string): Line[] {
  const { world } = bank.context
  const ofBill = (one: { readonly billNo: string }): boolean => one.billNo === billNo
  return [
    ...world.calls.filter(ofBill).map(({ at, upstream, call, number, result }) => ({
      at,
      text: `        ${upstream} hears ${call} ${number}: ${result}`,
    })),
    ...bank.acks.filter(ofBill).map(({ at, kind, status, forged, accepted, problem }) => ({
      at,
      text: `        notice ${kind}${forged ? ' (forged)' : ''} -> ${status} ${accepted ? 'accepted' : problem}`,
    })),
    ...world.ledger.of(billNo).map(({ at, from, to, amountFen, why }) => ({
      at,
      text: `          ${amountFen} fen from ${from} to ${to}: ${why}`,
    })),
  ]
}

async function inside(q: Knex, billNo: string): Promise<Line[]> {
  const { orders, events } = await readBooks(q)
  const own = new Set(orders.filter((one) => one.bill_no === billNo).map(({ id }) => id))
  const items: { created_at: number; kind: string; order_id: string }[] = await q('work_items')
  return [
    ...events
      .filter(({ order_id: id }) => own.has(id))
      .map(({ at, order_id: id, version, what, to_state: to, detail }) => ({
        at,
        text: `    order ${id} v${version} ${what}${to === null ? '' : ` => ${to}`} ${detail}`,
      })),
    ...items
      .filter(({ order_id: id }) => own.has(id))
      .map(({ created_at: at, kind, order_id: id }) => ({
        at,
        text: `    work item ${kind} of ${id}`,
      })),
  ]
}

/** In Shanghai, as the hospital's clocks show it. */
const timeOf = (at: number): string =>
  new Date(at + 8 * 3_600_000).toISOString().slice(5, 23).replace('T', ' ')
