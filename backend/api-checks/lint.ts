import { createConfig, lintFromString } from '@redocly/openapi-core'

/** lintDescription gives what Redocly's linter has to say about a description, with its recommended rules. */
export async function lintDescription(text: string): Promise<{ severity: string; rule: string; text: string }[]> {
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
  return problems.map(({ severity, ruleId, message, location }) => ({
    severity,
    rule: ruleId,
    text: `${location[0]?.pointer ?? ''} ${message}`,
  }))
}
