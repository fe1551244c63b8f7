import { findingEvidence } from './finding-evidence.ts';
import { patternChange } from './pattern-change.ts';
import { propagation } from './propagation.ts';
import type { RcaMethod } from './rca-method.ts';
import { resourceChange } from './resource-change.ts';

/** Every way to name causes; a new one is one file and one line. */
export const rcaMethods: readonly RcaMethod[] = [findingEvidence, resourceChange, propagation, patternChange];
