import { expect, it } from 'vitest';
import { josa } from './josa.ts';

it.each([
  ['nginx', '이/가', 'nginx가'],
  ['tomcat', '이/가', 'tomcat이'],
  ['postgresql', '이/가', 'postgresql이'],
  ['MySQL', '을/를', 'MySQL을'],
  ['java', '은/는', 'java는'],
  ['node', '이/가', 'node가'],
  ['메모리', '이/가', '메모리가'],
  ['사용률', '은/는', '사용률은'],
  ['오류율(5xx)', '이/가', '오류율(5xx)이'],
  ['CPU', '이/가', 'CPU가'],
  ['포트 8080', '으로/로', '포트 8080으로'],
  ['서울', '으로/로', '서울로'],
  ['1203', '을/를', '1203을'],
  ['', '이/가', '가'],
] as const)('%s with %s is %s', (word, particle, want) => expect(josa(word, particle)).toBe(want));
