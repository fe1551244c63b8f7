import { lazy } from 'react';
import { definePage } from '../shell/define-page.tsx';
import { transactionDots, type XViewDots } from '../xview/dots-resource.ts';

export const xviewPage = definePage<{ readonly dots: XViewDots }>({
  path: '/xview',
  title: 'page.xview',
  menu: { group: 'watch', icon: 'xview', goKey: 'KeyX' },
  load: ({ api, url }) => ({ dots: transactionDots(api, url.range) }),
  view: lazy(async () => ({ default: (await import('../xview/xview-view.tsx')).XViewView })),
});
