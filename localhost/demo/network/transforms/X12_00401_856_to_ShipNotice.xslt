<?xml version="1.0" encoding="utf-8"?>
<!-- Ship notices into the warehouse. An 856 is flat: each HL names its parent in HL02. The keys
     below turn the list into shipment, orders and items again. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/X12/2006"
                xmlns="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="edi">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>
  <xsl:key name="children" match="edi:HLLoop1" use="edi:HL/HL02"/>

  <xsl:template match="/edi:X12_00401_856">
    <xsl:variable name="shipment" select="edi:HLLoop1[edi:HL/HL03 = 'S'][1]"/>
    <ShipNotice>
      <Number><xsl:value-of select="edi:BSN/BSN02"/></Number>
      <NoticeDate>
        <xsl:call-template name="date">
          <xsl:with-param name="ccyymmdd" select="edi:BSN/BSN03"/>
        </xsl:call-template>
      </NoticeDate>
      <xsl:for-each select="$shipment/edi:DTM[DTM01 = '011'][1]">
        <ShipDate>
          <xsl:call-template name="date">
            <xsl:with-param name="ccyymmdd" select="DTM02"/>
          </xsl:call-template>
        </ShipDate>
      </xsl:for-each>
      <xsl:for-each select="$shipment/edi:DTM[DTM01 = '017'][1]">
        <EstimatedDelivery>
          <xsl:call-template name="date">
            <xsl:with-param name="ccyymmdd" select="DTM02"/>
          </xsl:call-template>
        </EstimatedDelivery>
      </xsl:for-each>
      <xsl:for-each select="$shipment/edi:TD5[1]">
        <Carrier><xsl:value-of select="TD503"/></Carrier>
      </xsl:for-each>
      <xsl:for-each select="$shipment/edi:REF[REF01 = 'CN'][1]">
        <CarrierReference><xsl:value-of select="REF02"/></CarrierReference>
      </xsl:for-each>
      <xsl:for-each select="$shipment/edi:TD1">
        <Packages><xsl:value-of select="TD102"/></Packages>
        <xsl:choose>
          <xsl:when test="TD108 = 'KG'">
            <GrossWeightKg><xsl:value-of select="TD107"/></GrossWeightKg>
          </xsl:when>
          <xsl:when test="TD108 = 'LB'">
            <GrossWeightKg>
              <xsl:value-of select="format-number(TD107 * 0.45359237, '0.0')"/>
            </GrossWeightKg>
          </xsl:when>
        </xsl:choose>
      </xsl:for-each>
      <xsl:if test="$shipment/edi:N1Loop1[edi:N1/N101 = 'SF']">
        <ShipFrom>
          <xsl:apply-templates select="$shipment/edi:N1Loop1[edi:N1/N101 = 'SF'][1]"/>
        </ShipFrom>
      </xsl:if>
      <xsl:if test="$shipment/edi:N1Loop1[edi:N1/N101 = 'ST']">
        <ShipTo>
          <xsl:apply-templates select="$shipment/edi:N1Loop1[edi:N1/N101 = 'ST'][1]"/>
        </ShipTo>
      </xsl:if>
      <xsl:for-each select="key('children', $shipment/edi:HL/HL01)[edi:HL/HL03 = 'O']">
        <Order number="{edi:PRF/PRF01}">
          <xsl:apply-templates select="key('children', edi:HL/HL01)[edi:HL/HL03 = 'I']"/>
        </Order>
      </xsl:for-each>
    </ShipNotice>
  </xsl:template>

  <xsl:template match="edi:HLLoop1">
    <Item>
      <BuyerItem><xsl:value-of select="edi:LIN/LIN03"/></BuyerItem>
      <xsl:if test="edi:LIN/LIN05">
        <SellerItem><xsl:value-of select="edi:LIN/LIN05"/></SellerItem>
      </xsl:if>
      <xsl:for-each select="edi:PID[1]">
        <Description><xsl:value-of select="PID05"/></Description>
      </xsl:for-each>
      <Quantity unit="{edi:SN1/SN103}"><xsl:value-of select="edi:SN1/SN102"/></Quantity>
      <xsl:for-each select="edi:REF[REF01 = 'HN'][1]">
        <Heat><xsl:value-of select="REF02"/></Heat>
      </xsl:for-each>
    </Item>
  </xsl:template>

  <xsl:template match="edi:N1Loop1">
    <xsl:if test="edi:N1/N104">
      <Id>
        <xsl:attribute name="scheme">
          <xsl:choose>
            <xsl:when test="edi:N1/N103 = 'UL'">GLN</xsl:when>
            <xsl:when test="edi:N1/N103 = '91'">seller</xsl:when>
            <xsl:when test="edi:N1/N103 = '92'">buyer</xsl:when>
            <xsl:otherwise>mutual</xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
        <xsl:value-of select="edi:N1/N104"/>
      </Id>
    </xsl:if>
    <xsl:if test="edi:N1/N102"><Name><xsl:value-of select="edi:N1/N102"/></Name></xsl:if>
  </xsl:template>

  <xsl:template name="date">
    <xsl:param name="ccyymmdd"/>
    <xsl:value-of select="concat(substring($ccyymmdd, 1, 4), '-', substring($ccyymmdd, 5, 2),
                                 '-', substring($ccyymmdd, 7, 2))"/>
  </xsl:template>
</xsl:stylesheet>
