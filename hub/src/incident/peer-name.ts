import type { Bilingual, Finding } from '@airis/protocol';
import { entityName } from '../entity-name.ts';
import type { FindingRecord } from './finding-record.ts';
import type { Surroundings } from './surroundings.ts';

/** A finding about calls names their other side by its address: by its name, where the hub knows who answers there. */
export function withPeerNamed(record: FindingRecord, around: Pick<Surroundings, 'entityAt'>): FindingRecord {
  const { finding, whileItHeld, agent } = record;
  const { peer } = whileItHeld ?? finding;
  const entity = peer === null || peer === undefined ? null : around.entityAt(agent, peer);
  if (peer === null || entity === null) return record;
  const name = entityName(entity);
  const named = (one: Finding): Finding => ({
    ...one,
    title: replaced(one.title, peer, name),
    summary: replaced(one.summary, peer, name),
  });
  return { ...record, finding: named(finding), whileItHeld: whileItHeld === null ? null : named(whileItHeld) };
}

const replaced = (text: Bilingual, peer: string, name: Bilingual): Bilingual => ({
  ko: text.ko.replaceAll(peer, name.ko),
  en: text.en.replaceAll(peer, name.en),
});
