import { describe, expect, it } from 'vitest';
import { type AskConnection, askAgent } from './ask-agent.ts';

type Chunk = { chunk?: number; last?: boolean; body?: string; error?: object | null; withheldRows?: number } | string;

/** An agent that answers with these, one after the other. */
function answering(
  chunks: readonly Chunk[],
): AskConnection & { asked: { subject: string; ask: Record<string, unknown> }[]; open: number } {
  let callback: Parameters<AskConnection['subscribe']>[1]['callback'] | null = null;
  const connection = {
    asked: [] as { subject: string; ask: Record<string, unknown> }[],
    open: 0,
    subscribe(_: string, options: Parameters<AskConnection['subscribe']>[1]) {
      callback = options.callback;
      connection.open++;
      return { unsubscribe: () => void connection.open-- };
    },
    publish(subject: string, payload: string) {
      connection.asked.push({ subject, ask: JSON.parse(payload) });
      for (const [i, chunk] of chunks.entries()) {
        const whole =
          typeof chunk === 'string'
            ? chunk
            : JSON.stringify({ chunk: i, last: i === chunks.length - 1, body: '', error: null, ...chunk });
        callback?.(null, { data: Buffer.from(whole) });
      }
    },
  };
  return connection;
}

const ask = (connection: AskConnection, maxBytes = 1_000) =>
  askAgent(connection, { agent: 'web-1', verb: 'window', ask: { kind: 'log' }, withinMs: 50, maxBytes }, () => 1_000);
const body = Buffer.from('abc').toString('base64');

describe('askAgent', () => {
  it('asks with what the verb needs, and joins the chunks', async () => {
    const connection = answering([{ body }, { body, withheldRows: 4 }]);
    const { bodies, withheldRows } = await ask(connection);
    expect(bodies.map(String)).toEqual(['abc', 'abc']);
    expect(withheldRows).toBe(4);
    expect(connection.asked).toEqual([
      {
        subject: 'airis.ask.web-1.window',
        ask: { kind: 'log', request: expect.stringMatching(/^[0-9a-f-]{36}$/), maxBytes: 1_000, deadlineUnixMs: 1_050 },
      },
    ]);
    expect(connection.open).toBe(0);
  });

  it.each<[string, readonly Chunk[], string]>([
    ['says no', [{ error: { code: 'not-allowed', detail: 'the floor bars it' } }], 'AGENT_REFUSED'],
    ['is not there', [], 'AGENT_SILENT'],
    [
      'never ends',
      [
        { body, last: false },
        { body, last: false },
      ],
      'AGENT_SILENT',
    ],
    ['sends garbage', ['{'], 'ANSWER_INVALID'],
    ['sends what is no chunk', ['{"chunk":"x"}'], 'ANSWER_INVALID'],
    ['skips a chunk', [{ body }, { chunk: 5, body }], 'ANSWER_INVALID'],
    ['sends more than was asked for', [{ body: 'x'.repeat(900) }, { body: 'x'.repeat(900) }], 'ANSWER_INVALID'],
  ])('an agent that %s', async (_, chunks, code) => {
    const connection = answering(chunks);
    await expect(ask(connection)).rejects.toMatchObject({ name: 'AskFailure', code });
    expect(connection.open).toBe(0);
  });
});
