import type { Language } from '../i18n/language.ts';

/** `service:nginx@web-1` → `nginx@web-1`, `host:web-1` → `web-1`: names are shown, kinds are implied by where they stand. */
export function entityName(entity: string): string {
  const colon = entity.indexOf(':');
  return colon === -1 ? entity : entity.slice(colon + 1);
}

/** The same as an operator would say it: what lies between two services, and a folder, are named as such. */
export function entityTitle(entity: string, language: Language): string {
  const name = entityName(entity);
  const isKorean = language === 'ko';
  if (entity.startsWith('link:')) {
    const ends = name.split('~').join(' → ');
    return isKorean ? `${ends} 구간` : `${ends} link`;
  }
  if (entity.startsWith('directory:')) {
    const [folder = name, agent] = name.split('@');
    const what = isKorean ? `${folder} 폴더` : `${folder} folder`;
    return agent === undefined ? what : isKorean ? `${what}(${agent})` : `${what} (${agent})`;
  }
  if (entity.startsWith('file-system:')) {
    const at = name.lastIndexOf('@');
    if (at === -1) return name;
    const [mount, agent] = [name.slice(0, at), name.slice(at + 1)];
    return isKorean ? `${mount} 파일 시스템(${agent})` : `${mount} file system (${agent})`;
  }
  return name;
}
