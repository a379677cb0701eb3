/** The same reconciliation in DuckDB: the same files, the same control totals, the same classes. */
import { DuckDBInstance } from '@duckdb/node-api'
import { answerParent } from '../child.ts'
import { DAY, type Files } from './books.ts'
import { createJudge } from './judge.ts'
import { type Outcome, RUN } from './outcome.ts'

const COLUMNS = ['bank_no', 'merchant_no', 'refund_no', 'kind', 'status', 'amount', 'moment']

const linesOf = (path: string): string =>
  `read_csv('${path}', delim = '|', header = false, skip = 1, quote = '', escape = '',
    auto_detect = false, null_padding = true,
    columns = {${COLUMNS.map((name) => `'${name}': 'VARCHAR'`).join(', ')}})`

/** A payment goes by the bank's number, then by ours; a refund by its own. */
const bookOf = (name: string, path: string): string => `create temp table ${name} as
  select row_number() over () + 1 as place, merchant_no, kind = '退款' as is_refund,
    case when kind = '退款' then 'N' || refund_no when bank_no <> '' then 'B' || bank_no end as key,
    'M' || merchant_no as other_key,
    case status when '成功' then 0 when '失败' then 2 else 1 end as rank,
    amount::bigint as fen, strptime(moment, '%Y%m%d%H%M%S') as moment
  from ${linesOf(path)} where bank_no is distinct from 'TOTAL'`

const isTrue = (name: string, path: string): string => `
  select (select (merchant_no::bigint, refund_no::bigint) from ${linesOf(path)} where bank_no = 'TOTAL')
    = (select (count(*)::bigint, sum(case when is_refund then -fen else fen end)::bigint) from ${name})`

/** Of several rows of ours under one number all but the first, and of theirs for one row of ours. */
const STEPS = [
  `create temp table repeated as
    select place from own
    where coalesce(key, other_key) in
      (select coalesce(key, other_key) as k from own group by k having count(*) > 1)
    qualify row_number() over (partition by coalesce(key, other_key) order by rank, moment, place) > 1`,
  `create temp table original as select * from own where place not in (from repeated)`,
  `create temp table claims as
    select bank.place as theirs, original.place as ours from bank join original using (key)`,
  `insert into claims
    select rest.place, original.place
    from (select * from bank where not is_refund and place not in (select theirs from claims)) as rest
    join original on not original.is_refund and original.other_key = rest.other_key`,
  `create temp table losers as
    select theirs from claims
    join bank on bank.place = theirs join original on original.place = ours
    where ours in (select ours from claims group by ours having count(*) > 1)
    qualify row_number() over
      (partition by ours order by bank.rank, bank.fen <> original.fen, bank.moment, bank.place) > 1`,
  `create temp table strangers as
    select *, row_number() over (partition by key order by rank, moment, place) > 1 as is_again
    from bank where place not in (select theirs from claims)`,
]

const VERDICTS = `
  select original.merchant_no, bank.place is not null as in_bank, true as in_own,
    case when original.moment::date <> date '${DAY}' then 'OTHER_DAY'
      when bank.place is null then case original.rank when 2 then 'NO_MONEY' when 1 then
        prefix(original.is_refund) || 'STATUS_DIFF' else prefix(original.is_refund) || 'HOSPITAL_ONLY' end
      when bank.rank <> original.rank or bank.rank = 1 then prefix(original.is_refund) || 'STATUS_DIFF'
      when bank.rank = 2 then 'NO_MONEY'
      when bank.fen <> original.fen then prefix(original.is_refund) || 'AMOUNT_DIFF'
      else 'MATCHED' end as class
  from original
  left join (select * from claims where theirs not in (from losers)) as best on best.ours = original.place
  left join bank on bank.place = best.theirs
  union all
  select merchant_no, false, true, case rank when 2 then 'NO_MONEY'
    else prefix(is_refund) || 'DUPLICATE' end
  from own where place in (from repeated)
  union all
  select merchant_no, true, false, case rank when 2 then 'NO_MONEY'
    else prefix(is_refund) || 'DUPLICATE' end
  from bank where place in (from losers)
  union all
  select merchant_no, true, false, case when moment::date <> date '${DAY}' then 'OTHER_DAY'
    when rank = 2 then 'NO_MONEY' when is_again then prefix(is_refund) || 'DUPLICATE'
    when rank = 1 then prefix(is_refund) || 'STATUS_DIFF'
    else prefix(is_refund) || 'BANK_ONLY' end
  from strangers`

async function run(files: Files): Promise<Outcome> {
  const began = performance.now()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `create macro prefix(is_refund) as case when is_refund then 'REFUND_' else '' end`,
  )
  for (const [name, path] of [
    ['bank', files.bank],
    ['own', files.hospital],
  ] as const) {
    await connection.run(bookOf(name, path))
    const told = await connection.runAndReadAll(isTrue(name, path))
    if (told.getRows()[0]?.[0] !== true) throw new Error(`${path} is not what it says of itself`)
  }
  for (const step of STEPS) await connection.run(step)
  await connection.run(`create temp table verdicts as ${VERDICTS}`)
  const rows: Outcome['rows'] = {}
  const counted = await connection.runAndReadAll(
    `select class, count(*) filter (in_bank), count(*) filter (in_own) from verdicts group by class`,
  )
  for (const [name, bank, hospital] of counted.getRows())
    rows[String(name)] = { bank: Number(bank), hospital: Number(hospital) }
  const judge = createJudge()
  const differences = await connection.runAndReadAll(
    `select class, merchant_no from verdicts where class not in ('MATCHED', 'NO_MONEY', 'OTHER_DAY')`,
  )
  for (const [name, number] of differences.getRows()) judge.see(String(name), String(number))
  const peakMiB = process.resourceUsage().maxRSS / 1_024
  return { seconds: (performance.now() - began) / 1_000, peakMiB, rows, wrong: judge.wrong() }
}

answerParent('ready', { run: (argument) => run(RUN.parse(argument)) })
