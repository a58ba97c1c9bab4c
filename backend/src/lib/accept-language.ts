/**
 * chooseLanguage is which of `offered` an Accept-Language wants most (RFC 9110, 12.5.4): `vi-VN` wants `vi`. The first where it
 * wants none of them.
 */
export function chooseLanguage<Language extends string>(
  header: string | undefined,
  offered: readonly [Language, ...Language[]],
): Language {
  const ranges = (header ?? '').split(',').map(readRange)
  const refused = ranges.filter(({ weight }) => weight === 0).map(({ language }) => language)
  const wanted = ranges.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight)
  const left = offered.filter((language) => !refused.includes(language))
  for (const { language } of wanted) {
    const found = left.find((candidate) => language === '*' || language === candidate)
    if (found !== undefined) return found
  }
  return offered[0]
}

function readRange(text: string): { language: string; weight: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const [language = ''] = range.split('-')
  return { language, weight: weight === undefined ? 1 : Number(weight) || 0 }
}
