/** Whoever follows a citation must find it: every document and section that is named exists. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../src/config/variables.ts'
import { ROOT } from './support/source-files.ts'

const DOCUMENTS = ['*.md', 'docs/**/*.md', 'src/**/*.md']
const SOURCES = ['{src,scripts,test,migrations}/**/*.ts', '.env.example']

const find = (patterns: readonly string[]): string[] => globSync(patterns, { cwd: ROOT })
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** `docs/rulings.md 2.4, 3.1`: a document, with sections or without, also behind a link. */
const CITATION = /((?:[\w.-]+\/)*[\w-]+\.md)\b\)?((?:(?:,| and| to)? \d+(?:\.\d+)*)*)/g

interface Citation {
  readonly from: string
  readonly document: string
  readonly sections: readonly string[]
}

function citationsIn(from: string, text: string): Citation[] {
  // A citation may be broken by the end of a comment's line.
  const unbroken = text.replaceAll(/\n\s*(?:\*|\/\/|#) /g, ' ')
  return [...unbroken.matchAll(CITATION)].map(([, document = '', sections = '']) => ({
    from,
    document,
    sections: sections.match(/\d+(?:\.\d+)*/g) ?? [],
  }))
}

const allIn = (patterns: readonly string[]): Citation[] =>
  find(patterns).flatMap((path) => citationsIn(path, textOf(path)))

/** Named from the citing file's folder, from `src`, or from the root. */
function pathOf({ from, document }: Citation): string | null {
  const places = [dirname(from), 'src', '.'].map((folder) => join(folder, document))
  return places.find((path) => existsSync(join(ROOT, path))) ?? null
}

const headings = (path: string): Set<string> =>
  new Set([...textOf(path).matchAll(/^#+ (\d+(?:\.\d+)*)\.? /gm)].map(([, number = '']) => number))

const missing = (citations: readonly Citation[]): string[] =>
  citations.flatMap((citation) => {
    const path = pathOf(citation)
    if (path === null) return [`${citation.from}: ${citation.document}`]
    const known = headings(path)
    return citation.sections
      .filter((section) => !known.has(section))
      .map((section) => `${citation.from}: ${citation.document} ${section}`)
  })

describe('a document that is named', () => {
  it('in a source file exists, with the section', () => {
    const citations = allIn(SOURCES)
    expect(citations.filter(({ sections }) => sections.length > 0).length).toBeGreaterThan(80)
    expect(missing(citations)).toEqual([])
  })

  it('in a document exists, with the section', () => {
    expect(missing(allIn(DOCUMENTS))).toEqual([])
  })

  it('is missed when it or its section is not there', () => {
    const from = 'src/upstreams/icbc/transport.ts'
    // Put together, so that this file cites nothing that is missing.
    const text = ['README', 'md 1.4,\n * 9.9 and docs/lost', 'md'].join('.')
    expect(missing(citationsIn(from, text))).toEqual([
      `${from}: ${['README', 'md 9.9'].join('.')}`,
      `${from}: ${['docs/lost', 'md'].join('.')}`,
    ])
  })
})

describe('the README of an upstream', () => {
  const PREFIXES: Record<string, string> = {
    alipay: 'ALIPAY_',
    collection: 'COLLECTION_',
    his: 'HIS_',
    'hrss-pay': 'HRSS_PAY_',
    icbc: 'ICBC_',
    'insurance-baseline': 'INSURANCE_',
    'mid-platform': 'MID_PLATFORM_',
    'one-code': 'ONE_CODE_',
    'one-card': 'ONE_CARD_',
    'settlement-files': 'SETTLEMENT_FILES_',
    'standard-bank': 'STANDARD_BANK_',
    wechat: 'WECHAT_',
  }

  it('is there for every upstream', () => {
    const folders = find(['src/upstreams/*/']).map((path) => path.split('/')[2])
    expect(new Set(folders)).toEqual(new Set(Object.keys(PREFIXES)))
  })

  it.each(Object.entries(PREFIXES))('%s names its environment variables', (folder, prefix) => {
    const text = textOf(`src/upstreams/${folder}/README.md`)
    const own = Object.keys(VARIABLES).filter((name) => name.startsWith(prefix))
    expect(own.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })
})
