/**
 * The rules of this house that oxlint does not have. Each has a must-fail example in test/arch/lint/.
 *
 * A rule is a visitor over the syntax tree in ESLint's form (https://oxc.rs/docs/guide/usage/linter/js-plugins).
 */
interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

interface Comment {
  readonly loc: { readonly start: { readonly line: number }; readonly end: { readonly line: number } }
}

interface Context {
  readonly sourceCode: { getAllComments(): readonly Comment[]; getLoc?(node: Node): Comment['loc'] }
  report(finding: { readonly node: Node; readonly message: string }): void
}

type Visitor = Readonly<Record<string, (node: never) => void>>

/** `export *` hides where a name comes from, and a file of them (a barrel) ties knots of imports. */
const noExportAll = {
  create: (context: Context): Visitor => ({
    ExportAllDeclaration(node: Node) {
      context.report({ node, message: 'Export each thing by its name, from the file that makes it.' })
    },
  }),
}

/** Reading the clock anywhere but in platform/clock makes a rule about time untestable. `new Date(value)` converts, and is allowed. */
const noReadingTheClock = {
  create: (context: Context): Visitor => ({
    NewExpression(node: Node & { callee: Node; arguments: readonly Node[] }) {
      if (isName(node.callee, 'Date') && node.arguments.length === 0) context.report({ node, message: CLOCK })
    },
    CallExpression(node: Node & { callee: Node & { object?: Node; property?: Node } }) {
      const { callee } = node
      if (isName(callee, 'Date')) context.report({ node, message: CLOCK })
      if (callee.type === 'MemberExpression' && isName(callee.object, 'Date') && isName(callee.property, 'now'))
        context.report({ node, message: CLOCK })
    },
  }),
}

const CLOCK = 'Take the time from `work.now` or `platform.clock`, so that a test can set it.'

/** `!` silences the compiler: the comment on its line, or on the line above, says why the value is there. */
const explainNonNull = {
  create: (context: Context): Visitor => ({
    TSNonNullExpression(node: Node & Comment) {
      const { line } = node.loc.end
      const explained = context.sourceCode.getAllComments().some(({ loc }) => loc.start.line === line || loc.end.line === node.loc.start.line - 1)
      if (!explained) context.report({ node, message: 'Handle the missing value, or say in a comment beside it why it cannot be missing.' })
    },
  }),
}

function isName(node: Node | undefined, name: string): boolean {
  return node?.type === 'Identifier' && node['name'] === name
}

const plugin = {
  meta: { name: 'house' },
  rules: { 'no-export-all': noExportAll, 'no-reading-the-clock': noReadingTheClock, 'explain-non-null': explainNonNull },
}

// oxlint takes a plugin by its default export.
// oxlint-disable-next-line import/no-default-export
export default plugin
