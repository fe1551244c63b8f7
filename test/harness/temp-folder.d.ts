/** A folder that is gone when the test ends. */
export interface TempFolder extends AsyncDisposable {
    readonly path: string;
}
export declare function tempFolder(name: string): Promise<TempFolder>;
