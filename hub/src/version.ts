/** Of the hub; the release raises it together with the packages' own. */
export const HUB_VERSION = '0.1.0';
