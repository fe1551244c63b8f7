import { describe, expect, it } from 'vitest';
import { initialOf, matchesText } from './choseong.ts';

describe('finding by initial consonants', () => {
  it.each([
    ['ㄱㅈ', '결제 승인', true],
    ['결ㅈ', '결제 승인', true],
    ['ㅅㅇ', '결제 승인', true],
    ['ㅈㅅ', '결제 승인', true],
    ['ㄲ', '결제', false],
    ['ㅎㅅㅌ', '호스트', true],
    ['was pay', 'WAS-pay-02', false],
    ['PAY', 'was-pay-02', true],
    ['', 'anything', true],
    ['결제', '결재', false],
  ])('%s in "%s": %s', (query, text, want) => expect(matchesText(query, text)).toBe(want));

  it.each([
    ['가', 'ㄱ'],
    ['힣', 'ㅎ'],
    ['a', 'a'],
    ['ㄱ', 'ㄱ'],
  ])('%s begins with %s', (character, want) => expect(initialOf(character)).toBe(want));
});
