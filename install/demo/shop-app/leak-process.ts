/** Keeps taking memory and touching it, so that it is resident; stays when it has enough. Ends with its parent. */
const PIECE_BYTES = 2 * 1024 * 1024;
const PIECES_PER_SECOND = 4;
const MOST_BYTES = 400 * 1024 * 1024;

const held: Buffer[] = [];
setInterval(() => {
  if (held.length * PIECE_BYTES < MOST_BYTES) held.push(Buffer.alloc(PIECE_BYTES, held.length + 1));
}, 1_000 / PIECES_PER_SECOND);
process.on('disconnect', () => process.exit());
