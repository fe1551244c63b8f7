import type { FaultBoard } from './fault-board.ts';
import type { ShopReport } from './shop-report.ts';
/** How the hub reaches the shop: written to a file that only its user may read. */
export interface ControlFile {
    readonly url: string;
    readonly token: string;
}
/**
 * The door through which the hub asks the shop and orders faults: loopback, a free port, a token made at each start.
 *
 * @param file - where url and token go, mode 0600; gone again when disposed
 */
export declare function startControl(file: string, board: FaultBoard, shop: () => ShopReport): Promise<AsyncDisposable>;
