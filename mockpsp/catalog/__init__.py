from mockpsp.domain.profiles import *
class CatalogError(Exception): pass
class Catalog:
    profiles={"sandbox":PspProfile("sandbox",settlement_delay_ms=2*86400000)}
    declines={"card.do-not-honor":1,"gateway.declined":1}
    def find(self,n): return self.profiles.get(n)
    def card_key(self,n): return n[:6]+n[-4:] if n.startswith("4") else None
    def behaviour(self,k): return CardBehaviour(scheme="visa", refund_error="gateway.declined" if k.endswith("0077") else None, then="chargeback" if k.endswith("0069") else None)
    def decline_message(self,c): return c
    def decline(self,c): return c if c in self.declines else None
    def derive(self,n,o): return PspProfile(n)
def load_catalog(): return Catalog()
