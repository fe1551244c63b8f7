import { randomUUID } from 'node:crypto';
import { createLogDetection, type LogDetection } from '@airis/models';
import type { Gate } from './gate/gate.ts';

/** Detection on this host's logs: of sources and lines it tells what the gate lets out. */
export const createLogFindings = (gate: Gate, entity: string): LogDetection =>
  createLogDetection({
    entity,
    newId: () => `f-${randomUUID()}`,
    nameOf: (source) => gate.nameSource(source),
    textOf: (source, templateId) => gate.admitTemplate(source, templateId),
  });
