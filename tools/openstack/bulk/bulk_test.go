package bulk

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
	"github.com/terraform-provider-openstack/utils/v2/auth"
	"github.com/terraform-provider-openstack/utils/v2/mutexkv"
)

type rule = map[string]any

// cloud is a Keystone and a Neutron that knows rules only, as Neutron answers them: all rules of a request or none.
type cloud struct {
	*httptest.Server
	mutex sync.Mutex
	made  map[string]rule
	// sizes has the rules of each request that makes some, and 0 for one that makes a rule alone.
	sizes []int
	// arrived is told of each request that makes rules in bulk, which is answered as `answer` has something for it.
	arrived chan bool
	answer  chan func(http.ResponseWriter, []rule)
}

func start(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{made: map[string]rule{}, arrived: make(chan bool, 9), answer: make(chan func(http.ResponseWriter, []rule), 9)}
	mux := http.NewServeMux()
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	mux.HandleFunc("POST /v3/auth/tokens", c.token)
	mux.HandleFunc("GET /{$}", c.versions)
	mux.HandleFunc("POST /v2.0/security-group-rules", c.create)
	mux.HandleFunc("GET /v2.0/security-group-rules/{id}", c.show)
	return c
}

func (c *cloud) token(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Subject-Token", "token")
	endpoint := rule{"interface": "public", "region": "r", "region_id": "r", "url": c.URL}
	service := rule{"type": "network", "name": "neutron", "endpoints": []rule{endpoint}}
	write(w, http.StatusCreated, rule{"token": rule{
		"expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "catalog": []rule{service},
		"project": rule{"id": "p", "name": "p", "domain": rule{"id": "default"}},
	}})
}

func (c *cloud) versions(w http.ResponseWriter, _ *http.Request) {
	self := rule{"rel": "self", "href": c.URL + "/v2.0/"}
	write(w, http.StatusOK, rule{"versions": []rule{{"id": "v2.0", "status": "CURRENT", "links": []rule{self}}}})
}

func (c *cloud) create(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Rule  rule   `json:"security_group_rule"`
		Rules []rule `json:"security_group_rules"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		panic(err)
	}
	c.mutex.Lock()
	c.sizes = append(c.sizes, len(asked.Rules))
	c.mutex.Unlock()
	if asked.Rule != nil {
		c.alone(w, asked.Rule)
		return
	}
	c.arrived <- true
	(<-c.answer)(w, asked.Rules)
}

// arrives is as the next request that makes rules in bulk is there.
func (c *cloud) arrives(t *testing.T) {
	t.Helper()
	select {
	case <-c.arrived:
	case <-time.After(10 * time.Second):
		t.Fatal("no request arrived")
	}
}

// alone makes one rule, where it is not marked as one that Neutron refuses.
func (c *cloud) alone(w http.ResponseWriter, one rule) {
	if one["description"] == "bad" {
		write(w, http.StatusConflict, rule{"NeutronError": rule{"message": "Quota exceeded for resources: ['security_group_rule']"}})
		return
	}
	write(w, http.StatusCreated, rule{"security_group_rule": c.make([]rule{one})[0]})
}

// all makes them in the order in which they are asked for.
func (c *cloud) all(w http.ResponseWriter, asked []rule) {
	write(w, http.StatusCreated, rule{"security_group_rules": c.make(asked)})
}

func (c *cloud) make(asked []rule) []rule {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	made := make([]rule, len(asked))
	for index, one := range asked {
		made[index] = maps.Clone(one)
		made[index]["id"] = fmt.Sprintf("id-%d", len(c.made))
		made[index]["tenant_id"] = "p"
		made[index]["remote_ip_prefix"] = "10.0.0.0/24" // in a form of its own, as Neutron does
		c.made[made[index]["id"].(string)] = made[index]
	}
	return made
}

func (c *cloud) show(w http.ResponseWriter, r *http.Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if one, is := c.made[r.PathValue("id")]; is {
		write(w, http.StatusOK, rule{"security_group_rule": one})
		return
	}
	write(w, http.StatusNotFound, rule{})
}

func refuse(w http.ResponseWriter, _ []rule) {
	write(w, http.StatusConflict, rule{"NeutronError": rule{"message": "refused"}})
}

func write(w http.ResponseWriter, status int, body rule) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

// vendor is the vendor's provider at that cloud, whose rules are made in bulk.
type vendor struct {
	rule  *schema.Resource
	meta  any
	maker *maker
	done  sync.WaitGroup
}

func at(t *testing.T, c *cloud) *vendor {
	t.Helper()
	config := openstack.Config{Config: auth.Config{
		IdentityEndpoint: c.URL + "/v3", Region: "r", Username: "u", Password: "p", TenantName: "p", DefaultDomain: "default",
		AuthOpts: &gophercloud.AuthOptions{Scope: &gophercloud.AuthScope{}}, MutexKV: mutexkv.NewMutexKV(),
	}}
	if err := config.LoadAndValidate(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := openstack.Provider().ResourcesMap["openstack_networking_secgroup_rule_v2"]
	return &vendor{rule: made, meta: &config, maker: inBulk(made)}
}

// result is what became of one rule that was asked for.
type result struct {
	text string
	port int

	data *schema.ResourceData
	said diag.Diagnostics
}

// ask asks for one rule without waiting; the result is there when `done` is.
func (v *vendor) ask(t *testing.T, group, description string, port int) *result {
	t.Helper()
	one := &result{text: description, port: port, data: schema.TestResourceDataRaw(t, v.rule.Schema, rule{
		"security_group_id": group, "description": description, "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
		"port_range_min": port, "port_range_max": port, "remote_ip_prefix": "10.0.0.9/24",
	})}
	ctx := t.Context()
	v.done.Go(func() { one.said = v.rule.CreateContext(ctx, one.data, v.meta) })
	return one
}

// queue asks for rules of one group while its first is under way: until all others wait for the next request.
func (v *vendor) queue(t *testing.T, c *cloud, descriptions ...string) []*result {
	t.Helper()
	results := []*result{v.ask(t, "group", "first", 1)}
	c.arrives(t)
	for index, description := range descriptions {
		results = append(results, v.ask(t, "group", description, 2+index))
	}
	v.waiting(t, len(descriptions))
	return results
}

func (v *vendor) waiting(t *testing.T, count int) {
	t.Helper()
	for range 500 {
		v.maker.mutex.Lock()
		found := 0
		for _, some := range v.maker.waiting {
			found += len(some)
		}
		v.maker.mutex.Unlock()
		if found == count {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("there never waited %d", count)
}

func TestRulesAskedForMeanwhileGoTogether(t *testing.T) {
	c := start(t)
	v := at(t, c)
	results := v.queue(t, c, "second", "third", "fourth")
	c.answer <- c.all
	c.answer <- c.all
	v.done.Wait()
	if !slices.Equal(c.sizes, []int{1, 3}) {
		t.Fatalf("requests of %v rules", c.sizes)
	}
	for _, one := range results {
		made := c.made[one.data.Id()]
		if one.said.HasError() || made["description"] != one.text || made["security_group_id"] != "group" {
			t.Fatalf("%v: %v, %v", one.data.Id(), made, one.said)
		}
		if made["port_range_min"] != float64(one.port) {
			t.Fatalf("%v: %v", one.data.Id(), made)
		}
		noted := one.data.State()
		if said := v.rule.ReadContext(t.Context(), one.data, v.meta); said.HasError() || !noted.Equal(one.data.State()) {
			t.Fatalf("a reading would say %v, not %v: %v", one.data.State(), noted, said)
		}
	}
}

func TestARuleAskedForLaterGoesAtOnce(t *testing.T) {
	c := start(t)
	v := at(t, c)
	for port := range 2 {
		c.answer <- c.all
		v.ask(t, "group", "later", port)
		c.arrives(t)
		v.done.Wait()
	}
	if !slices.Equal(c.sizes, []int{1, 1}) {
		t.Fatalf("requests of %v rules", c.sizes)
	}
}

func TestRulesOfAnotherGroupDoNotWait(t *testing.T) {
	c := start(t)
	v := at(t, c)
	v.ask(t, "one", "a", 1)
	v.ask(t, "other", "b", 1)
	c.arrives(t)
	c.arrives(t) // before anything is answered
	c.answer <- c.all
	c.answer <- c.all
	v.done.Wait()
}

func TestAFullRequestLeavesTheRestToTheNext(t *testing.T) {
	c := start(t)
	v := at(t, c)
	v.queue(t, c, slices.Repeat([]string{"more"}, most+1)...)
	for range 3 {
		c.answer <- c.all
	}
	v.done.Wait()
	if !slices.Equal(c.sizes, []int{1, most, 1}) || len(c.made) != most+2 {
		t.Fatalf("requests of %v rules made %d", c.sizes, len(c.made))
	}
}

func TestOneBadRuleRefusesNoOther(t *testing.T) {
	c := start(t)
	v := at(t, c)
	results := v.queue(t, c, "good", "bad", "better")
	c.answer <- c.all
	c.answer <- refuse
	v.done.Wait()
	if !slices.Equal(c.sizes, []int{1, 3, 0, 0, 0}) {
		t.Fatalf("requests of %v rules", c.sizes)
	}
	for _, one := range results {
		bad := one.text == "bad"
		if bad != one.said.HasError() || bad != (one.data.Id() == "") {
			t.Fatalf("%v: %v", one.text, one.said)
		}
		if bad && !strings.Contains(one.said[0].Summary, "Quota exceeded for resources: ['security_group_rule']") {
			t.Fatalf("the vendor's words are lost: %v", one.said)
		}
	}
}

func TestNothingIsSentAgainWhereNobodyKnowsWhatBecameOfIt(t *testing.T) {
	for name, lost := range map[string]func(http.ResponseWriter, []rule){
		"an error of the server": func(w http.ResponseWriter, _ []rule) { write(w, http.StatusInternalServerError, rule{}) },
		"an error on the way":    func(w http.ResponseWriter, _ []rule) { write(w, http.StatusBadGateway, rule{}) },
		"no answer":              func(http.ResponseWriter, []rule) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			v := at(t, c)
			results := v.queue(t, c, "second", "third")
			c.answer <- c.all
			c.answer <- lost
			v.done.Wait()
			if !slices.Equal(c.sizes, []int{1, 2}) || results[0].said.HasError() {
				t.Fatalf("requests of %v rules, %v", c.sizes, results[0].said)
			}
			failedAll(t, results[1:], "")
		})
	}
}

func TestAnAnswerWithOtherRulesIsNotBelieved(t *testing.T) {
	for name, change := range map[string]func([]rule) []rule{
		"in another order": func(made []rule) []rule { slices.Reverse(made); return made },
		"too few":          func(made []rule) []rule { return made[1:] },
		"without an id":    func(made []rule) []rule { delete(made[0], "id"); return made },
		"another way":      func(made []rule) []rule { made[0]["direction"] = "egress"; return made },
		"another port":     func(made []rule) []rule { made[0]["port_range_max"] = 65535; return made },
		"another text":     func(made []rule) []rule { made[0]["description"] = "first"; return made },
		"another source":   func(made []rule) []rule { made[0]["remote_group_id"] = "other"; return made },
		"another group":    func(made []rule) []rule { made[0]["security_group_id"] = "other"; return made },
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			v := at(t, c)
			results := v.queue(t, c, "second", "third")
			c.answer <- c.all
			c.answer <- func(w http.ResponseWriter, asked []rule) {
				write(w, http.StatusCreated, rule{"security_group_rules": change(c.make(asked))})
			}
			v.done.Wait()
			failedAll(t, results[1:], "Neutron answered with other rules than it was asked for")
		})
	}
}

// failedAll is as no rule is said to be there, and each says why in the vendor's words.
func failedAll(t *testing.T, results []*result, why string) {
	t.Helper()
	for _, one := range results {
		if one.data.Id() != "" || !one.said.HasError() {
			t.Fatalf("taken for made: %v", one.data.Id())
		}
		if said := one.said[0].Summary; !strings.HasPrefix(said, fmt.Sprintf(failed, why)) {
			t.Fatalf("it says %q", said)
		}
	}
}

func TestEveryArgumentOfARuleIsSent(t *testing.T) {
	sent := []string{
		"description", "direction", "ethertype", "port_range_max", "port_range_min", "protocol", "remote_address_group_id",
		"remote_group_id", "remote_ip_prefix", "security_group_id", "tenant_id",
	}
	known := slices.Sorted(maps.Keys(openstack.Provider().ResourcesMap["openstack_networking_secgroup_rule_v2"].Schema))
	if !slices.Equal(known, slices.Sorted(slices.Values(append(sent, "region")))) {
		t.Fatalf("the vendor's resource has %v", known)
	}
}
