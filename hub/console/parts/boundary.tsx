import { Component, type ReactNode } from 'react';
import { FailedState } from './states.tsx';

interface BoundaryProps {
  /** What is drawn; with another one it is tried again. */
  readonly of: unknown;
  readonly children: ReactNode;
}
interface BoundaryState {
  readonly error: Error | null;
}

/** What fails while it is drawn is told in its own place; everything around it stays. */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(cause: unknown): BoundaryState {
    return { error: cause instanceof Error ? cause : new Error(String(cause)) };
  }

  override componentDidUpdate({ of: before }: BoundaryProps): void {
    if (before !== this.props.of && this.state.error !== null) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return <FailedState error={error} onRetry={() => this.setState({ error: null })} />;
  }
}
