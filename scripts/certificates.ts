/** `npm run certificates`: the audit of every certificate and key that is configured (SC-T04). */
import type { App } from '../src/app.ts'
import {
  auditDueAt,
  auditRecords,
  checkCertificates,
  signOffAudit,
} from '../src/flows/certificates/audit-certificates.ts'
import { exitCodeOf, listed, presented, type Report } from './certificates/report.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { operatorOf, runForOperator } from './parts/operator-command.ts'

const USAGE = {
  command: 'npm run certificates',
  help: `用法：npm run certificates -- [选项]

  连接每个已配置的 https 地址，核查其证书；核查专网机构证书和每个 SM2、RSA 密钥。最差的列在最前。

选项：
  --sign-off 操作员   签署本次核查，存为年度核查记录（合格与否都如实记录）
  --json              以 JSON 输出
  --help              显示本页

操作员须先登记（npm run work-items -- operator add 姓名）；密钥取自环境变量 OPERATOR_KEY，
没有时在终端询问（不回显）。签署后请把摘要抄存在别处：记录之间环环相扣，抄存的摘要可证明没有被改动。
其余配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。
不核查吊销状态（CRL、OCSP）。
退出码：0 全部合格，1 有注意、不合格、未核查或逾期，或未能核查，2 用法或配置有误。

例：
  npm run certificates
  npm run certificates -- --json
  npm run certificates -- --sign-off 王敏`,
}

async function audit(app: App, signOff: string | undefined): Promise<Report> {
  const operator = signOff === undefined ? null : await operatorOf(app, signOff)
  const findings = await checkCertificates(app)
  if (operator) await signOffAudit(app, operator, findings)
  const { records, broken } = await auditRecords(app)
  const dueAt = await auditDueAt(app)
  return { now: app.clock.now(), findings, dueAt, broken, last: records.at(-1) ?? null }
}

const { values } = readCommandLine(USAGE, {
  'sign-off': { type: 'string' },
  json: { type: 'boolean', default: false },
})
if (values['sign-off'] === '') refuse(USAGE, '--sign-off 后面要有操作员')
await runForOperator(USAGE, values, async (app) => {
  const report = await audit(app, values['sign-off'])
  return { text: listed(report), value: presented(report), exitCode: exitCodeOf(report) }
})
