import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineFault } from './fault.ts';

/** The quota is full after a minute; what is written stops just below it. */
const SECONDS_TO_FULL = 60;
const LAST_SHARE = 0.97;
const PIECES_PER_SECOND = 2;

export const quotaFilling = defineFault({
  name: 'quota-filling',
  title: { ko: '업로드 폴더 할당량 소진', en: 'Upload folder fills its quota' },
  description: {
    ko: 'WAS의 업로드 폴더에 파일이 계속 쌓여 1분이면 할당량에 이릅니다.',
    en: 'Files pile up in the upload folder of the WAS and meet its quota within a minute.',
  },
  target: 'directory:uploads@shop-was',
  tier: 'was',
  async start({ uploads }) {
    const folder = join(uploads.folder, 'incoming');
    const pieceBytes = Math.floor(uploads.quotaBytes / SECONDS_TO_FULL / PIECES_PER_SECOND);
    const pieces = Math.floor(SECONDS_TO_FULL * PIECES_PER_SECOND * LAST_SHARE);
    await mkdir(folder, { recursive: true });
    const stop = new AbortController();
    const filling = (async () => {
      for (let i = 0; i < pieces && !stop.signal.aborted; i++) {
        await writeFile(join(folder, `upload-${i}.bin`), Buffer.alloc(pieceBytes));
        await new Promise((done) => setTimeout(done, 1_000 / PIECES_PER_SECOND));
      }
    })();
    // Told where it is disposed; until then a full real disk must not end the demo.
    filling.catch(() => undefined);
    return {
      async [Symbol.asyncDispose]() {
        stop.abort();
        await filling.finally(() => rm(folder, { recursive: true, force: true }));
      },
    };
  },
});
