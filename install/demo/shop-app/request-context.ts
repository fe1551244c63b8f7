import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** Where a request stands in its trace, by W3C trace context; empty texts for a request without one. */
export interface RequestContext {
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
}

const current = new AsyncLocalStorage<RequestContext>();

export function contextOf(traceparent: string): RequestContext {
  const [, trace = '', parent = ''] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent) ?? [];
  return { trace, parent, span: randomBytes(8).toString('hex') };
}

export const within = <T>(context: RequestContext, work: () => T): T => current.run(context, work);

/** The statement with the trace it belongs to behind it, as sqlcommenter writes it. */
export function commented(sql: string): string {
  const context = current.getStore();
  return context === undefined || context.trace === ''
    ? sql
    : `${sql} /*traceparent='00-${context.trace}-${context.span}-01'*/`;
}
