import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { ko } from './ko.ts';
import { chooseLanguage } from './language.ts';
import { createTranslate } from './translate.ts';

const hangul = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/;
const placeholders = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1] ?? ''))].toSorted();

describe('messages', () => {
  it('exist in both languages, and none is empty', () => {
    expect(Object.keys(en).toSorted()).toEqual(Object.keys(ko).toSorted());
    for (const text of [...Object.values(ko), ...Object.values(en)]) expect(text.trim()).not.toBe('');
  });

  it('have no Hangul in English', () => {
    expect(Object.entries(en).filter(([, text]) => hangul.test(text))).toEqual([]);
  });

  it('take the same values in both languages', () => {
    const differing = Object.entries(ko).filter(([key, text]) => {
      const english = placeholders(en[key as keyof typeof ko]); // Keys are equal by the first test.
      return placeholders(text).join() !== english.join();
    });
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  it('follow the glossary: one Korean word for one term', () => {
    const forbidden = [/장애 건/, /사건/, /서버 목록/, /임계치/, /에이젼트/, /대시보드/, /얼럿/, /해 주세요/, /!/];
    const found = Object.entries(ko).filter(([, text]) => forbidden.some((word) => word.test(text)));
    expect(found).toEqual([]);
  });

  it('put values in and choose the word by the count', () => {
    expect(createTranslate('en')('overview.fleet', { count: '1' })).toBe('1 host');
    expect(createTranslate('en')('overview.fleet', { count: '1,000' })).toBe('1,000 hosts');
    expect(createTranslate('ko')('overview.fleet', { count: '248' })).toBe('호스트 248대');
    expect(createTranslate('ko')('overview.fleet')).toBe('호스트 {count}대');
  });
});

describe('the language', () => {
  it.each([
    ['en', 'ko', 'ko-KR', 'en'],
    [null, 'ko', 'en-US', 'ko'],
    [null, null, 'ko-KR', 'ko'],
    [null, 'fr', 'KO', 'ko'],
    [null, null, 'ja-JP', 'en'],
  ] as const)('URL %s, saved %s, browser %s: %s', (url, saved, browser, want) =>
    expect(chooseLanguage(url, saved, browser)).toBe(want),
  );
});
