import { execFile, spawn } from 'node:child_process';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Something that is wrong with this host until it is disposed. */
export type Breakage = AsyncDisposable;

/** Busy loops, as a program gone wild: `count` processes that each want a whole core. */
export function burnCpu(count: number): Breakage {
  const burners = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }),
  );
  return {
    async [Symbol.asyncDispose]() {
      for (const burner of burners) burner.kill('SIGKILL');
    },
  };
}

/** Fills the disk under `folder` at a rate that would have it full in ten minutes; stops by itself at a fifth. */
export async function fillDisk(folder: string): Promise<Breakage> {
  const disk = await statfs(folder);
  const bytesPerSecond = Math.max(1, Math.floor((disk.bavail * disk.bsize) / 600));
  const allocate = promisify(execFile);
  const files: string[] = [];
  let isFilling = true;
  const filling = (async () => {
    for (let i = 0; isFilling && i < 240; i += 1) {
      const file = join(folder, `fill-${i}`);
      files.push(file);
      await allocate('fallocate', ['-l', String(Math.floor(bytesPerSecond / 2)), file]);
      await new Promise((done) => setTimeout(done, 500));
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      isFilling = false;
      await filling;
      await Promise.all(files.map((file) => rm(file, { force: true })));
    },
  };
}
