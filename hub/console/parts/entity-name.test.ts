import { expect, it } from 'vitest';
import { entityTitle } from './entity-name.ts';

it.each([
  ['service:shop-app', 'shop-app', 'shop-app'],
  ['database:shop-db', 'shop-db', 'shop-db'],
  ['host:was-1', 'was-1', 'was-1'],
  ['service:nginx@web-1', 'nginx@web-1', 'nginx@web-1'],
  ['link:shop-was~shop-app', 'shop-was → shop-app 구간', 'shop-was → shop-app link'],
  ['directory:uploads@shop-was', 'uploads 폴더(shop-was)', 'uploads folder (shop-was)'],
  ['file-system:/data@db-1', '/data 파일 시스템(db-1)', '/data file system (db-1)'],
  ['no-kind', 'no-kind', 'no-kind'],
] as const)('%s reads as %s', (entity, ko, en) => {
  expect(entityTitle(entity, 'ko')).toBe(ko);
  expect(entityTitle(entity, 'en')).toBe(en);
});
