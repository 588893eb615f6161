/* CookieYes: its load event says whether the visitor has acted before. */
(() => {
  const kept = stored('cookieyes');
  let choice = kept || { functional: false, statistics: false, marketing: false };
  const own = ownId(() => `cky${crypto.randomUUID().replace(/-/g, '')}`);
  let acted = !!kept;
  const state = () => ({
    activeLaw: 'gdpr',
    categories: {
      necessary: true, functional: choice.functional, analytics: choice.statistics, performance: choice.statistics,
      advertisement: choice.marketing,
    },
    isUserActionCompleted: acted,
    consentID: own.id,
    languageCode: 'en',
  });
  window.getCkyConsent = state;
  const banner = stub({
    className: 'cky-consent-container',
    choose(made) {
      choice = made;
      acted = true;
      store('cookieyes', made);
      own.keep();
      const { categories } = state();
      const names = Object.keys(categories);
      document.dispatchEvent(new CustomEvent('cookieyes_consent_update', {
        detail: { accepted: names.filter((name) => categories[name]), rejected: names.filter((name) => !categories[name]) },
      }));
    },
  });
  document.dispatchEvent(new CustomEvent('cookieyes_banner_load', { detail: state() }));
  if (!kept) banner.show();
})();
