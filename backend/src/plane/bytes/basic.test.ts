import { describe, expect, it } from 'vitest'

import { formatBasic, readBasic, type Credentials } from './basic.ts'

const encode = (text: string) => Buffer.from(text).toString('base64')
const both = (username: string, password: string): Credentials => ({ username, password })

describe('Proxy-Authorization', () => {
  it.each<[string, string, Credentials | null]>([
    ['a user name and a token', `Basic ${encode('proxy1:secret')}`, both('proxy1', 'secret')],
    ['a scheme in other letters', `bASIC ${encode('a:b')}`, both('a', 'b')],
    ['many blanks', `Basic   ${encode('a:b')}`, both('a', 'b')],
    ['colons in the token', `Basic ${encode('a:b:c:')}`, both('a', 'b:c:')],
    ['no token', `Basic ${encode('a:')}`, both('a', '')],
    ['no user name', `Basic ${encode(':b')}`, both('', 'b')],
    ['letters in UTF-8', `Basic ${encode('Hoà:Ạ')}`, both('Hoà', 'Ạ')],
    ['no padding', 'Basic YTpi', both('a', 'b')],
    ['letters of base64url', `Basic ${Buffer.from('a:\xff\xfe~~?').toString('base64url')}`, both('a', '\xff\xfe~~?')],
    ['no colon', `Basic ${encode('ab')}`, null],
    ['another scheme', 'Bearer YTpi', null],
    ['a scheme that begins like it', 'Basics YTpi', null],
    ['the scheme alone', 'Basic', null],
    ['no blank', 'BasicYTpi', null],
    ['A0 for a blank', 'Basic\xa0YTpi', null],
    ['letters that are not of base64', 'Basic YTpi!', null],
    ['two words', 'Basic YTpi YTpi', null],
    ['nothing', '', null],
  ])('of %s', (_, value, expected) => {
    expect(readBasic(value)).toEqual(expected)
  })

  it.each([both('proxy1', 'secret'), both('a', ''), both('Hoà', 'b:c:Ạ\xff'), both('', '')])(
    '%j can be read again',
    (credentials) => {
      expect(readBasic(formatBasic(credentials))).toEqual(credentials)
    },
  )
})
