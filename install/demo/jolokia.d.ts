/**
 * Jolokia's JVM agent, kept in `.tools`; fetched from Maven Central once and checked before use. Null where it cannot be
 * had: Tomcat then runs without it, and its threads and heap are not seen.
 */
export declare function ensureJolokia(root: string, say: (text: string) => void): Promise<string | null>;
