/** A real Tomcat with Jolokia, 4 threads, a tomcat-jdbc pool of 2 and a HikariCP pool of 3 connections. */
export interface TestTomcat {
    readonly url: string;
    /** Settings of a collector that may ask its Jolokia. */
    readonly jolokia: {
        readonly url: string;
        readonly user: string;
        readonly passwordFile: string;
    };
    [Symbol.asyncDispose](): Promise<void>;
}
/** @param javaArguments - further ones of the JVM */
export declare function startTestTomcat(javaArguments?: readonly string[]): Promise<TestTomcat>;
