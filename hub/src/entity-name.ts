import type { Bilingual } from '@airis/protocol';

/** What people call an entity: `shop-app`, `shop-was → shop-app 구간`, `shop-app의 uploads 폴더`. */
export function entityName(entity: string): Bilingual {
  const colon = entity.indexOf(':');
  const kind = entity.slice(0, colon);
  const name = entity.slice(colon + 1);
  const at = name.lastIndexOf('@');
  const [inner, owner] = at < 0 ? [name, null] : [name.slice(0, at), name.slice(at + 1)];
  switch (kind) {
    case 'link': {
      const ends = name.replace('~', ' → ');
      return { ko: `${ends} 구간`, en: `${ends} link` };
    }
    case 'directory':
      return owner === null
        ? { ko: `${inner} 폴더`, en: `folder ${inner}` }
        : { ko: `${owner}의 ${inner} 폴더`, en: `folder ${inner} of ${owner}` };
    case 'file-system':
      return owner === null
        ? { ko: `파일 시스템 ${inner}`, en: `file system ${inner}` }
        : { ko: `${owner}의 파일 시스템 ${inner}`, en: `file system ${inner} of ${owner}` };
    case 'process':
      return owner === null
        ? { ko: `${inner} 프로세스`, en: `process ${inner}` }
        : { ko: `${owner}의 ${inner} 프로세스`, en: `process ${inner} on ${owner}` };
    default:
      return owner === null ? { ko: inner, en: inner } : { ko: `${owner}의 ${inner}`, en: `${inner} on ${owner}` };
  }
}

/** With its kind where the name alone leaves it open: `데이터베이스 shop-db`, `service shop-app`. */
export function entityTitle(entity: string): Bilingual {
  const name = entityName(entity);
  const kind = KINDS[entity.slice(0, entity.indexOf(':'))];
  return kind === undefined ? name : { ko: `${kind.ko} ${name.ko}`, en: `${kind.en} ${name.en}` };
}

const KINDS: Readonly<Record<string, Bilingual>> = {
  service: { ko: '서비스', en: 'service' },
  database: { ko: '데이터베이스', en: 'database' },
  host: { ko: '호스트', en: 'host' },
  device: { ko: '장비', en: 'device' },
};
