import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const VERSION = '2.2.9';
const FILE = `jolokia-agent-jvm-${VERSION}-javaagent.jar`;
const URL_OF_IT = `https://repo1.maven.org/maven2/org/jolokia/jolokia-agent-jvm/${VERSION}/${FILE}`;
const SHA256 = 'f5c4b31eeeb602888346ce7b545a885cb7caf932eff3b1b630e93cc720483429';
const TIMEOUT_MS = 8_000;
/**
 * Jolokia's JVM agent, kept in `.tools`; fetched from Maven Central once and checked before use. Null where it cannot be
 * had: Tomcat then runs without it, and its threads and heap are not seen.
 */
export async function ensureJolokia(root, say) {
    const kept = join(root, '.tools', FILE);
    if (existsSync(kept) && digestOf(readFileSync(kept)) === SHA256)
        return kept;
    try {
        const answer = await fetch(URL_OF_IT, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (!answer.ok)
            throw new Error(`the answer was ${answer.status}`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (digestOf(bytes) !== SHA256)
            throw new Error('its checksum is not the pinned one');
        mkdirSync(join(root, '.tools'), { recursive: true });
        writeFileSync(`${kept}.new`, bytes);
        renameSync(`${kept}.new`, kept);
        return kept;
    }
    catch (error) {
        say(`Jolokia could not be fetched (${error instanceof Error ? error.message : String(error)}): Tomcat's inside is not seen`);
        return null;
    }
}
const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
//# sourceMappingURL=jolokia.js.map