import { errorBurst } from './error-burst.ts';
import type { LogDetector } from './log-detector.ts';
import { newTemplates } from './new-templates.ts';
import { pairedLines } from './paired-lines.ts';
import { regularLines } from './regular-lines.ts';

/** Every detector that judges the lines of a log. */
export const logDetectors: readonly LogDetector[] = [newTemplates, errorBurst, regularLines, pairedLines];
