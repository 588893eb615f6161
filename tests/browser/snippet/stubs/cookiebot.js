/* Cookiebot: accept, decline and ready are told on a choice, and again on every page of someone who has chosen. */
(() => {
  const kept = stored('cookiebot');
  const bot = window.Cookiebot = {
    consent: { necessary: true, preferences: false, statistics: false, marketing: false, method: null },
    consentID: '0', consented: false, declined: false, hasResponse: false,
  };
  const fire = (name) => window.dispatchEvent(new Event(name));
  const take = ({ functional, statistics, marketing }) => {
    Object.assign(bot.consent, { preferences: functional, statistics, marketing, method: 'explicit' });
    bot.consentID = 'c3R1Yi1jb25zZW50LWlk/w==';
    bot.hasResponse = true;
    bot.consented = functional || statistics || marketing;
    bot.declined = !bot.consented;
    fire('CookiebotOnLoad');
    fire(bot.consented ? 'CookiebotOnAccept' : 'CookiebotOnDecline');
    fire('CookiebotOnConsentReady');
  };
  const banner = stub({
    id: 'CybotCookiebotDialog',
    choose(choice) {
      store('cookiebot', choice);
      take(choice);
    },
    open: () => fire('CookiebotOnDialogDisplay'),
  });
  if (kept) take(kept);
  else banner.show();
})();
