// Package bulk makes the rules of one security group in one request where several are asked for at once.
//
// The vendor's provider sends a request for each rule, one after the other in each group, and Neutron judges each against
// its whole group: what a group costs grows with the square of its rules. Here, while a request for a group is under way,
// rules that are asked for meanwhile wait, and go together in the next. Nothing waits where nothing is under way.
//
// Neutron makes all rules of a request or none (create_security_group_rule_bulk), and takes rules of one group and one
// project only. Where it refuses, the vendor's provider is asked for each alone: one bad rule refuses no other, and says
// what it always said. Where nobody knows what became of a request, nothing is sent again.
package bulk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

// most is how many rules one request holds: as many as the fullest group that an offer allows (capabilities.yaml).
const most = 100

// failed is how the vendor's provider begins what it says of a rule that could not be made.
const failed = "Error creating openstack_networking_secgroup_rule_v2: %s"

// refusals are answers after which nothing was made: bad rule, forbidden, no such group, there already or over quota.
var refusals = []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict}

// Rules makes the vendor's resource of a rule create in bulk; all else of it stays.
func Rules(rule *schema.Resource) { inBulk(rule) }

func inBulk(rule *schema.Resource) *maker {
	made := &maker{alone: rule.CreateContext, waiting: map[place][]asked{}}
	rule.CreateContext = made.create
	return made
}

type maker struct {
	alone schema.CreateContextFunc
	mutex sync.Mutex
	// waiting has a key for each place where a request is under way.
	waiting map[place][]asked
}

// place is what the rules of one request share.
type place struct {
	config                 *openstack.Config
	region, project, group string
}

type asked struct {
	ctx    context.Context
	wanted rules.CreateOpts
	told   chan<- answer
}

// answer is one of: what was made; refused, so that it may be asked for alone; an error.
type answer struct {
	made    rules.SecGroupRule
	refused bool
	err     error
}

func (m *maker) create(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	config := meta.(*openstack.Config)
	told := make(chan answer, 1)
	wanted := options(data)
	where := place{config, openstack.GetRegion(data, config), wanted.ProjectID, wanted.SecGroupID}
	m.ask(where, asked{ctx, wanted, told})
	got := <-told // however long: to leave would lose a rule that is being made
	switch {
	case got.refused:
		return m.alone(ctx, data, meta)
	case got.err != nil:
		return diag.Errorf(failed, got.err)
	}
	return note(data, where.region, got.made)
}

// ask lets a rule go at once where no request for its group is under way, else with the next.
func (m *maker) ask(where place, one asked) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	_, underWay := m.waiting[where]
	m.waiting[where] = append(m.waiting[where], one)
	if !underWay {
		go m.work(where)
	}
}

// work sends requests for one group until nothing waits.
func (m *maker) work(where place) {
	for batch := m.next(where); len(batch) > 0; batch = m.next(where) {
		answers := send(where, batch)
		for index, one := range batch {
			one.told <- answers[index]
		}
	}
}

func (m *maker) next(where place) []asked {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	waiting := m.waiting[where]
	if len(waiting) == 0 {
		delete(m.waiting, where)
		return nil
	}
	count := min(len(waiting), most)
	m.waiting[where] = waiting[count:]
	return waiting[:count]
}

// send makes the rules of a batch with one request: an answer for each.
func send(where place, batch []asked) []answer {
	ctx := batch[0].ctx
	where.config.Lock(where.group) // as the vendor's provider does around each change of a group
	defer where.config.Unlock(where.group)
	client, err := where.config.NetworkingV2Client(ctx, where.region)
	if err != nil {
		return slices.Repeat([]answer{{err: err}}, len(batch))
	}
	wanted := make([]rules.CreateOpts, len(batch))
	for index, one := range batch {
		wanted[index] = one.wanted
	}
	made, err := rules.CreateBulk(ctx, client, wanted).Extract()
	var said gophercloud.ErrUnexpectedResponseCode
	switch {
	case errors.As(err, &said) && slices.Contains(refusals, said.Actual):
		return slices.Repeat([]answer{{refused: true}}, len(batch))
	case err == nil && !slices.EqualFunc(wanted, made, same):
		err = errors.New("Neutron answered with other rules than it was asked for")
	}
	if err != nil {
		return slices.Repeat([]answer{{err: err}}, len(batch))
	}
	answers := make([]answer, len(batch))
	for index, one := range made {
		answers[index] = answer{made: one}
	}
	return answers
}

// same is whether the rule made is the one wanted, as far as Neutron writes nothing in another way.
func same(wanted rules.CreateOpts, made rules.SecGroupRule) bool {
	return string(wanted.Direction) == made.Direction && wanted.Description == made.Description &&
		wanted.SecGroupID == made.SecGroupID && wanted.RemoteGroupID == made.RemoteGroupID &&
		wanted.PortRangeMin == made.PortRangeMin && wanted.PortRangeMax == made.PortRangeMax && made.ID != ""
}

// options are the resource's arguments as Neutron's.
func options(data *schema.ResourceData) rules.CreateOpts {
	text := func(name string) string { return data.Get(name).(string) }
	return rules.CreateOpts{
		SecGroupID:           text("security_group_id"),
		ProjectID:            text("tenant_id"),
		Description:          text("description"),
		Direction:            rules.RuleDirection(text("direction")),
		EtherType:            rules.RuleEtherType(text("ethertype")),
		Protocol:             rules.RuleProtocol(text("protocol")),
		PortRangeMin:         data.Get("port_range_min").(int),
		PortRangeMax:         data.Get("port_range_max").(int),
		RemoteIPPrefix:       text("remote_ip_prefix"),
		RemoteGroupID:        text("remote_group_id"),
		RemoteAddressGroupID: text("remote_address_group_id"),
	}
}

// note is the vendor's reading of a rule, from the answer to its creation: it is the same, and spares a request for each.
func note(data *schema.ResourceData, region string, made rules.SecGroupRule) diag.Diagnostics {
	data.SetId(made.ID)
	for name, value := range map[string]any{
		"region":                  region,
		"security_group_id":       made.SecGroupID,
		"tenant_id":               made.TenantID,
		"description":             made.Description,
		"direction":               made.Direction,
		"ethertype":               made.EtherType,
		"protocol":                made.Protocol,
		"port_range_min":          made.PortRangeMin,
		"port_range_max":          made.PortRangeMax,
		"remote_ip_prefix":        made.RemoteIPPrefix,
		"remote_group_id":         made.RemoteGroupID,
		"remote_address_group_id": made.RemoteAddressGroupID,
	} {
		if err := data.Set(name, value); err != nil {
			return diag.FromErr(err)
		}
	}
	return nil
}
