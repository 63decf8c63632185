// Runs a whole audit in a page of a real Chromium: the very sources that Node runs, with WebCrypto for the signatures.
import type { AuditReport } from '@commonhold/audit'
import { chromium } from 'playwright-core'
import { ensureChromium } from '../../tools/chromium.ts'
import { serveForBrowser } from './serve.ts'

/** As root Chromium has no sandbox; the rest keeps it from asking the network for anything. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** @param exported folder of an export. */
export async function auditInBrowser(exported: string): Promise<AuditReport> {
  await using served = await serveForBrowser(exported)
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: ARGUMENTS })
  try {
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(served.url)
    const report = await page.evaluate(auditInPage, '/packages/keys/src/web-verifier.ts')
    if (errors.length > 0) throw new Error(`the page failed: ${errors.join('; ')}`)
    return report
  } finally {
    await browser.close()
  }
}

/** Runs in the page: nothing of this module exists there but the argument. */
async function auditInPage(verifierModule: string): Promise<AuditReport> {
  const auditModule = '@commonhold/audit'
  const { auditExport } = (await import(auditModule)) as typeof import('@commonhold/audit')
  const { webVerifier } = (await import(verifierModule)) as {
    webVerifier: Parameters<typeof auditExport>[1]['verifier']
  }
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const response = await fetch(`/export/${path}`)
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined
  }
  return auditExport({ read }, { verifier: webVerifier })
}
