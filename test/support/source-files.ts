/** Our own sources as the TypeScript compiler sees them. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFunctionLikeDeclaration } from 'typescript/unstable/ast/is'
import {
  isCallExpression,
  isExportAssignment,
  isExportDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isNamedImports,
  isNewExpression,
  isPropertyAccessExpression,
  isStringLiteral,
  type ImportDeclaration,
  type Node,
  type SourceFile as Tree,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export interface Import {
  readonly from: string
  /** A path from the repository's root, or a package's name. */
  readonly target: string
  readonly typeOnly: boolean
}

export interface Use {
  readonly file: string
  readonly line: number
  /** `Date.now`, `new Date()`, `setTimeout`, `any`, `export default`, ... */
  readonly what: string
}

export interface Func {
  readonly file: string
  readonly line: number
  readonly lines: number
}

export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly uses: readonly Use[]
  readonly functions: readonly Func[]
}

export function readSources(): SourceFile[] {
  const api = new API({ cwd: ROOT })
  try {
    const snapshot = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] })
    const [project] = snapshot.getProjects()
    if (!project) throw new Error('no project in tsconfig.json')
    return globSync(['{src,scripts,test,migrations}/**/*.ts', '*.ts'], { cwd: ROOT }).map(
      (path) => {
        const tree = project.program.getSourceFile(join(ROOT, path))
        if (!tree) throw new Error(`${path} is not in tsconfig.json`)
        return read(path, tree)
      },
    )
  } finally {
    api.close()
  }
}

function read(path: string, tree: Tree): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const imports: Import[] = []
  const uses: Use[] = []
  const functions: Func[] = []
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1
  const walk = (node: Node): void => {
    const found = importOf(path, node)
    if (found) imports.push(found)
    const line = lineOf(node.getStart(tree))
    const what = useOf(node)
    if (what !== null) uses.push({ file: path, line, what })
    if (isFunctionLikeDeclaration(node))
      functions.push({ file: path, line, lines: lineOf(node.end) - line + 1 })
    node.forEachChild(walk)
  }
  tree.forEachChild(walk)
  return { path, text, lines: text.trimEnd().split('\n').length, imports, uses, functions }
}

function importOf(from: string, node: Node): Import | null {
  const [specifier, typeOnly] = specifierOf(node)
  if (specifier === null) return null
  const local = specifier.startsWith('.')
  const target = local ? relative('.', join(dirname(from), specifier)) : packageOf(specifier)
  return { from, target, typeOnly }
}

function specifierOf(node: Node): [specifier: string | null, typeOnly: boolean] {
  if (isImportDeclaration(node)) return [textOf(node.moduleSpecifier), isTypeOnly(node)]
  if (isExportDeclaration(node)) return [textOf(node.moduleSpecifier), node.isTypeOnly]
  if (isImportTypeNode(node))
    return [isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : null, true]
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword)
    return [textOf(node.arguments[0]), false]
  return [null, false]
}

const textOf = (node: Node | undefined): string | null =>
  node && isStringLiteral(node) ? node.text : null

function isTypeOnly({ importClause }: ImportDeclaration): boolean {
  if (!importClause) return false
  if (importClause.phaseModifier === SyntaxKind.TypeKeyword) return true
  const names = importClause.namedBindings
  if (importClause.name || !names || !isNamedImports(names)) return false
  return names.elements.every((element) => element.isTypeOnly)
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

const TIMERS = new Set(['setTimeout', 'setInterval'])
const MEMBERS = new Set(['Date.now', 'Math.random', 'performance.now', 'process.env'])

/** Chance, time, the environment, and what the house forbids everywhere. */
function useOf(node: Node): string | null {
  if (node.kind === SyntaxKind.AnyKeyword) return 'any'
  if (isExportAssignment(node) || node.kind === SyntaxKind.DefaultKeyword) return defaultOf(node)
  if (isIdentifier(node) && TIMERS.has(node.text)) return node.text
  if (isPropertyAccessExpression(node) && isIdentifier(node.expression)) {
    const member = `${node.expression.text}.${node.name.text}`
    return MEMBERS.has(member) ? member : null
  }
  if (isDate(node)) return 'new Date()'
  return null
}

function defaultOf(node: Node): string | null {
  const inSwitch = node.parent?.kind === SyntaxKind.DefaultClause
  return inSwitch ? null : 'export default'
}

function isDate(node: Node): boolean {
  if (!isNewExpression(node) && !isCallExpression(node)) return false
  const named = isIdentifier(node.expression) && node.expression.text === 'Date'
  return named && (isCallExpression(node) || (node.arguments ?? []).length === 0)
}
