"""Provisions users over AXL as an administrator's script does, with zeep in its strict default. Prints JSON."""

import json
import sys
import warnings

import requests
from requests.auth import HTTPBasicAuth
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.transports import Transport

warnings.filterwarnings("ignore")
wsdl, address, user, password = sys.argv[1:5]
session = requests.Session()
session.trust_env = False
session.verify = False
session.auth = HTTPBasicAuth(user, password)
client = Client(wsdl, transport=Transport(session=session, timeout=30), settings=Settings(strict=True))
axl = client.create_service("{http://www.cisco.com/AXLAPIService/}AXLAPIBinding", address)

told = {}
told["version"] = axl.getCCMVersion()["return"]["componentVersion"]["version"]
for i in range(1, 6):
    axl.addUser(
        user={
            "firstName": "Zeep",
            "lastName": "User %d" % i,
            "userid": "zeep%d" % i,
            "password": "secret",
            "presenceGroupName": "Standard Presence group",
            "homeCluster": True,
            "imAndPresenceEnable": i != 5,
            "associatedGroups": {"userGroup": [{"name": "Standard CCM End Users"}]},
        }
    )
feed = axl.listChange()
start = {"_value_1": feed["queueInfo"]["nextStartChangeId"], "queueId": feed["queueInfo"]["queueId"]}
axl.updateUser(userid="zeep5", imAndPresenceEnable=True)
axl.updateUser(userid="zeep1", imAndPresenceEnable=False)
axl.removeUser(userid="zeep4")
changes = axl.listChange(startChangeId=start, objectList={"object": ["User"]})
told["changes"] = [[c["type"], c["action"]] for c in changes["changes"]["change"]]

pages = []
while True:
    page = axl.listUser(
        searchCriteria={"userid": "zeep%"},
        returnedTags={"userid": "", "imAndPresenceEnable": "", "primaryExtension": "", "serviceProfile": ""},
        skip=2 * len(pages),
        first=2,
    )["return"]
    if page is None:
        break
    pages.append([[u["userid"], str(u["imAndPresenceEnable"])] for u in page["user"]])
told["pages"] = pages

one = axl.getUser(userid="zeep1")["return"]["user"]
told["user"] = [one["lastName"], one["presenceGroupName"]["_value_1"], one["homeCluster"], one["remoteDestinationLimit"]]
told["groups"] = [g["name"] for g in one["associatedGroups"]["userGroup"]]
check = axl.doAuthenticateUser(userid="zeep1", password="secret")["return"]
told["authenticated"] = [str(check["userAuthenticated"]), str(check["code"])]
try:
    axl.getUser(userid="nobody")
except Fault as fault:
    told["fault"] = [fault.message, fault.detail.find(".//axlcode").text]
rows = axl.executeSQLQuery(sql="select userid, enablecups from enduser where userid like 'zeep%' order by userid")
told["rows"] = [[e.text for e in row] for row in rows["return"]["row"]]

axl.addPhone(
    phone={
        "name": "SEP00AABBCCDDEE",
        "product": "Cisco 7965",
        "class": "Phone",
        "protocol": "SIP",
        "protocolSide": "User",
        "devicePoolName": "Default",
        "commonPhoneConfigName": "Standard Common Phone Profile",
        "locationName": "Hub_None",
        "useTrustedRelayPoint": "Default",
        "phoneTemplateName": "Standard 7965 SIP",
        "primaryPhoneName": None,
        "builtInBridgeStatus": "Default",
        "packetCaptureMode": "None",
        "certificateOperation": "No Pending Operation",
        "deviceMobilityMode": "Default",
    }
)
told["phone"] = axl.getPhone(name="SEP00AABBCCDDEE")["return"]["phone"]["product"]
told["nodes"] = [
    n["name"]
    for n in axl.listProcessNode(searchCriteria={"name": "%"}, returnedTags={"name": "", "processNodeRole": ""})["return"][
        "processNode"
    ]
]
print(json.dumps(told))
