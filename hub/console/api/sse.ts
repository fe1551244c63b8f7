export interface SseMessage {
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
}

/** Longest unfinished event kept; a stream that sends more without a blank line is not ours. */
export const MAX_SSE_BUFFER = 1024 * 1024;

/**
 * Reads `text/event-stream` in whatever pieces it arrives. Comments are the heartbeat and make no message.
 *
 * @returns a function that takes one piece of text and gives the messages it completed
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createSseReader(): (text: string) => SseMessage[] {
  let buffer = '';
  return (text) => {
    buffer += text;
    if (buffer.length > MAX_SSE_BUFFER)
      throw new RangeError(`event stream: ${buffer.length} characters without an end`);
    // A carriage return at the very end may be half of CRLF: it waits for the next piece.
    const held = buffer.endsWith('\r') ? '\r' : '';
    const blocks = (held === '' ? buffer : buffer.slice(0, -1)).replace(/\r\n?/g, '\n').split('\n\n');
    buffer = (blocks.pop() ?? '') + held;
    return blocks.map(readBlock).filter((message) => message !== null);
  };
}

function readBlock(block: string): SseMessage | null {
  const data: string[] = [];
  let event = 'message';
  let id: string | null = null;
  for (const line of block.split('\n')) {
    const [field, value] = splitField(line);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
  return data.length === 0 ? null : { event, data: data.join('\n'), id };
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
